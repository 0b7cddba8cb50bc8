namespace IrohMoq.Load.Endpoint;

/// <summary>Represents a part of the benchmark of the endpoint.</summary>
internal abstract class EndpointPart
{
    /// <summary>Gets the name of the part on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Gets the wanted limits of the values of the part.</summary>
    public virtual IReadOnlyList<Goal> Goals => [];

    /// <summary>Runs one round, in which everything that is compared runs in direct succession.</summary>
    public abstract Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes);
}
