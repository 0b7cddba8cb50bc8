namespace IrohMoq.Reactive;

/// <summary>What every endpoint has, whoever made it.</summary>
public static class EndpointExtensions
{
    extension(IEndpoint endpoint)
    {
        /// <summary>The endpoint's <see cref="IEndpoint.Address"/> as a word of text to hand to somebody.</summary>
        public EndpointTicket Ticket => new(endpoint.Address);
    }
}
