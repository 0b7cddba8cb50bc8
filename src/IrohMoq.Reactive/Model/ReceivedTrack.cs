namespace IrohMoq.Reactive;

/// <summary>What is known of a track that is received from a peer. Every member is used under the track's lock.</summary>
/// <param name="flow">The flow control of the subscription that receives it.</param>
internal sealed class ReceivedTrack(IReceiveFlow flow)
{
    /// <summary>Gets the flow control of the subscription that receives the track.</summary>
    public IReceiveFlow Flow => flow;

    /// <summary>Gets or sets a value indicating whether the publisher has answered. Groups may come before its answer.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the publisher drops no groups: a reader that misses one here is cut off, and does not
    /// merely skip it.
    /// </summary>
    public bool IsWhole { get; set; }

    /// <summary>Gets the memory, in bytes, of frames that have come in part.</summary>
    public long PartialBytes { get; private set; }

    /// <summary>Gets the largest memory, in bytes, that a frame received piece by piece has taken so far.</summary>
    public int LargestFrame { get; private set; }

    /// <summary>Counts the memory of a frame that has come in part.</summary>
    /// <param name="held">The memory that the frame takes now.</param>
    /// <param name="change">The difference to what was counted for it.</param>
    public void CountPartial(int held, int change)
    {
        // Counted by what has come, and not by the size that the peer announces.
        LargestFrame = Math.Max(LargestFrame, held);
        PartialBytes += change;
    }
}
