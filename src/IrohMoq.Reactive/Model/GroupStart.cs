namespace IrohMoq.Reactive;

/// <summary>The group that a reading begins with.</summary>
public readonly record struct GroupStart
{
    private GroupStart(ulong? sequence) => Sequence = sequence;

    /// <summary>Gets the newest group that there is, from its first frame. The default.</summary>
    public static GroupStart Latest => default;

    /// <summary>Gets the oldest group that is still kept.</summary>
    public static GroupStart Oldest { get; } = new(0);

    /// <summary>Gets the lowest number wanted; null for <see cref="Latest"/>.</summary>
    internal ulong? Sequence { get; }

    /// <summary>Returns the group with this number, or, where that is no longer kept or not there yet, the first one after it.</summary>
    /// <param name="sequence">0 to <see cref="TrackProducer.MaxSequence"/>.</param>
    public static GroupStart From(ulong sequence)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, TrackProducer.MaxSequence);
        return new GroupStart(sequence);
    }
}
