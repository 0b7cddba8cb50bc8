namespace IrohMoq.Load.Endpoint;

/// <summary>Contains how long and how large the runs of the benchmark of the endpoint are.</summary>
internal sealed record EndpointSizes
{
    /// <summary>The sizes of a measurement.</summary>
    public static readonly EndpointSizes Full = new();

    /// <summary>The sizes of a test, which show only that everything works.</summary>
    public static readonly EndpointSizes Quick = new()
    {
        Rounds = 1,
        MostReruns = 0,
        Seconds = 0.6,
        ShortStreams = 2_000,
        Connects = 50,
        IdleConnections = 50,
        IdleSeconds = 0.5,
    };

    /// <summary>Gets the number of rounds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Gets the number of times that a round is run again because the machine was slower or faster than usual.</summary>
    public int MostReruns { get; init; } = 3;

    /// <summary>Gets the duration of a transfer, of which two seconds, or half, are the warm-up.</summary>
    public double Seconds { get; init; } = 4.5;

    /// <summary>Gets the number of streams at once.</summary>
    public int Streams { get; init; } = 100;

    /// <summary>Gets the number of short streams.</summary>
    public int ShortStreams { get; init; } = 50_000;

    /// <summary>Gets the number of connects in turn, and the number of connects of which several run at once.</summary>
    public int Connects { get; init; } = 1_000;

    /// <summary>Gets the number of idle connections.</summary>
    public int IdleConnections { get; init; } = 1_000;

    /// <summary>Gets the time for which the connections are idle.</summary>
    public double IdleSeconds { get; init; } = 10;
}
