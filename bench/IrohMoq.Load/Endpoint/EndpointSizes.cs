namespace IrohMoq.Load.Endpoint;

/// <summary>Contains how long and how large the runs of the benchmark of the endpoint are.</summary>
internal sealed record EndpointSizes
{
    /// <summary>The sizes of a measurement.</summary>
    public static readonly EndpointSizes Full = new();

    /// <summary>The sizes of a test, which show only that everything works.</summary>
    public static readonly EndpointSizes Quick = new() { Rounds = 1, MostReruns = 0, BulkSeconds = 0.6 };

    /// <summary>Gets the number of rounds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Gets the number of times that a round is run again because the machine was slower or faster than usual.</summary>
    public int MostReruns { get; init; } = 3;

    /// <summary>Gets the duration of a bulk transfer, of which two seconds, or half, are the warm-up.</summary>
    public double BulkSeconds { get; init; } = 4.5;
}
