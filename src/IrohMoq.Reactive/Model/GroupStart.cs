namespace IrohMoq.Reactive;

/// <summary>Specifies the group with which a reader begins.</summary>
public readonly record struct GroupStart
{
    private GroupStart(ulong? sequence) => Sequence = sequence;

    /// <summary>Gets the value that begins with the newest available group, from its first frame. This is the default.</summary>
    public static GroupStart Latest => default;

    /// <summary>Gets the value that begins with the oldest group that is still kept.</summary>
    public static GroupStart Oldest { get; } = new(0);

    /// <summary>Gets the lowest group number that the reader requests, or null for <see cref="Latest"/>.</summary>
    internal ulong? Sequence { get; }

    /// <summary>
    /// Returns the value that begins with the group with the specified number or, if that group is no longer kept or not available yet,
    /// with the first group after it.
    /// </summary>
    /// <param name="sequence">The group number, from 0 to <see cref="TrackProducer.MaxSequence"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is too high.</exception>
    public static GroupStart From(ulong sequence)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, TrackProducer.MaxSequence);
        return new GroupStart(sequence);
    }
}
