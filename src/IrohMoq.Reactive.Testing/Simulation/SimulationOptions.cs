namespace IrohMoq.Reactive.Testing;

/// <summary>Represents the options of a simulation. The same scenario and options result in the same trace in every process.</summary>
public sealed record SimulationOptions
{
    /// <summary>
    /// Gets the seed of all random numbers: those for the program, the ids of peers, and the jitter of the network. The default is 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>Gets the number of steps of the program, one or more. The default is 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>
    /// Gets the typical virtual time between two steps, greater than zero. A third of the steps follow immediately, most within this time,
    /// and a few after up to twenty times as long. The default is 100 ms.
    /// </summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets the action that is called with every line of the trace as the line is written, on the simulating thread; or
    /// <see langword="null"/>. The action is not called while a program is shrunk.
    /// </summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>
    /// Gets a value that indicates whether a program that violates an invariant is shrunk to a shorter program that violates the same
    /// invariant. Shrinking runs up to two hundred programs. The default is <see langword="true"/>.
    /// </summary>
    public bool Shrink { get; init; } = true;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Pause, TimeSpan.Zero);
    }
}
