namespace IrohMoq.Reactive;

/// <summary>
/// Represents what is known about a track that is received from a peer. The caller of any member must hold the lock of the track.
/// </summary>
/// <param name="flow">The flow control of the subscription that receives the track.</param>
internal sealed class ReceivedTrack(IReceiveFlow flow)
{
    /// <summary>Gets the flow control of the subscription that receives the track.</summary>
    public IReceiveFlow Flow => flow;

    /// <summary>Gets or sets a value indicating whether the publisher has told the properties of the track.</summary>
    public bool IsDescribed { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the publisher has answered the subscription. Groups may arrive before the answer.
    /// </summary>
    public bool IsAnswered { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the publisher drops no groups. A reader that misses a group of such a track is cut off
    /// instead of skipping the group.
    /// </summary>
    public bool IsWhole { get; set; }

    /// <summary>Gets the memory, in bytes, of partially received frames.</summary>
    public long PartialBytes { get; private set; }

    /// <summary>Gets the largest memory, in bytes, that a frame received in pieces has used so far.</summary>
    public int LargestFrame { get; private set; }

    /// <summary>Updates the memory that is counted for a partially received frame.</summary>
    /// <param name="held">The memory, in bytes, that the frame uses now.</param>
    /// <param name="change">The difference, in bytes, from what was counted for the frame before.</param>
    public void CountPartial(int held, int change)
    {
        // Counted by the memory of the received bytes, not by the size that the peer announces.
        LargestFrame = Math.Max(LargestFrame, held);
        PartialBytes += change;
    }
}
