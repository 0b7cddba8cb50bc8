namespace IrohMoq.Reactive;

/// <summary>Provides members that every <see cref="IEndpoint"/> has.</summary>
public static class EndpointExtensions
{
    extension(IEndpoint endpoint)
    {
        /// <summary>
        /// Gets the endpoint's <see cref="IEndpoint.Address"/> as a ticket, a text that another person or program can dial.
        /// </summary>
        public EndpointTicket Ticket => new(endpoint.Address);
    }
}
