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

    /// <summary>
    /// Gets or sets a value indicating whether a group has come as a datagram. Others may then be lost, of which nothing is reported.
    /// </summary>
    public bool HasDatagrams { get; set; }

    /// <summary>
    /// Gets or sets the first group of the current subscription, or null while it is not known, or if the publisher cannot be asked for
    /// earlier groups.
    /// </summary>
    public ulong? Floor { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the publisher can be asked for earlier groups although it does not tell
    /// <see cref="Floor"/>, which is then the first group that has arrived.
    /// </summary>
    public bool IsFloorUntold { get; set; }

    /// <summary>Gets or sets the group below <see cref="Floor"/> from which on groups are requested, or null if none are.</summary>
    public ulong? Earliest { get; set; }

    /// <summary>
    /// Gets or sets the number of the last start, among those that readers have requested, that another subscription has served.
    /// </summary>
    public long LastServedStart { get; set; }

    /// <summary>
    /// Gets or sets the first group before a reader requested earlier ones, or null if none has: readers that request no start receive no
    /// group below it.
    /// </summary>
    public ulong? LiveFrom { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether groups below <see cref="LiveFrom"/> were requested and may arrive. How many the publisher
    /// keeps is not known: it ends when none has arrived for some time.
    /// </summary>
    public bool IsExtending { get; set; }

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
