namespace IrohMoq.Reactive.Testing;

/// <summary>The seed and the length of a random program. The same scenario and options give the same trace in every process.</summary>
public sealed record SimulationOptions
{
    /// <summary>
    /// Gets the seed of all random numbers: the program, the ids of peers, and the jitter of the network. The default is 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>Gets the number of steps of the program, one or more. The default is 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>
    /// Gets the usual virtual time between two steps. A third of the steps follow at once, most within this time, and a few after up to
    /// twenty times as long. It is greater than zero; the default is 100 ms.
    /// </summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets what receives every line of the trace as it is written, on the thread that simulates; <see langword="null"/> for nothing. It is
    /// not called while a program is shrunk.
    /// </summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>
    /// Gets whether a program that violates an invariant is shrunk to a shorter one that violates it too, which runs up to two hundred
    /// programs. The default is <see langword="true"/>.
    /// </summary>
    public bool Shrink { get; init; } = true;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Pause, TimeSpan.Zero);
    }
}
