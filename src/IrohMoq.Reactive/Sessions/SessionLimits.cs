using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>The limits of one connection: what it takes from the peer at most, and how much it has on its way.</summary>
internal sealed record SessionLimits
{
    public static SessionLimits Default { get; } = new();

    /// <summary>Gets the maximum number of live announcements of the peer.</summary>
    public int Announcements { get; init; } = 16_384;

    /// <summary>
    /// Gets the maximum number of ANNOUNCE streams of the peer that are served at once. A peer needs one; each gets every announcement.
    /// </summary>
    public int AnnounceStreams { get; init; } = 16;

    /// <summary>Gets the maximum number of PROBE streams of the peer that are held at once. A peer needs one.</summary>
    public int ProbeStreams { get; init; } = 16;

    /// <summary>Gets the maximum number of subscriptions of the peer that are served at once.</summary>
    public int Subscriptions { get; init; } = 4_096;

    /// <summary>
    /// Gets the maximum number of groups of one subscription that are on their way at once. It lets a few thousand small groups a second
    /// fill a path with a round-trip time of 100 ms.
    /// </summary>
    public int GroupsInFlight { get; init; } = 960;

    /// <summary>Gets the maximum number of bytes of one subscription that are on their way at once. Two groups always may be.</summary>
    public long BytesInFlight { get; init; } = 4 << 20;

    /// <summary>
    /// Gets the maximum number of groups of a lossless track that are written at once. The reader takes them one after the other, and a
    /// group that it does not take yet uses up the share of the one that it reads.
    /// </summary>
    public int LosslessGroupsInWriting { get; init; } = 4;

    /// <summary>
    /// Gets the maximum number of groups of a lossless track that a subscriber gets before its first update, which says how far the
    /// publisher may go.
    /// </summary>
    public int FirstGroups { get; init; } = 64;

    /// <summary>
    /// Gets how long a whole group that the cache has dropped may still wait in the queue of its stream. A path that is fast enough has
    /// sent it by then.
    /// </summary>
    public TimeSpan DroppedInQueue { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Gets the memory that is kept for the readers of one remote track, in bytes. Its publisher is held back from half of it on.
    /// </summary>
    public long ReceivedShare { get; init; } = 16 << 20;

    /// <summary>
    /// Gets the maximum number of bytes that a peer may send on one stream ahead of its reader, as the transport is configured.
    /// </summary>
    public long StreamWindow { get; init; } = 4 << 20;

    /// <summary>
    /// Gets the memory that is kept for all readers of the connection, in bytes, divided among the tracks whose readers are behind.
    /// </summary>
    public long ReceivedBudget { get; init; } = 64 << 20;

    /// <summary>
    /// Gets the maximum number of bytes that all tracks of the session may use while at least one track exceeds its share. Above it, the
    /// readers of tracks that exceed their shares are disconnected; other tracks are not affected. A lossless track can exceed its share
    /// until its publisher pauses.
    /// </summary>
    public long ReceivedBeyondShares { get; init; } = 256 << 20;

    /// <summary>Gets the memory of what is received.</summary>
    public BlockPool Pool { get; init; } = BlockPool.Shared;

    /// <summary>Gets the function that creates the flow control of a subscription. Tests replace it.</summary>
    public Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow> Flow { get; init; } =
        static (track, arriving, budget, counted) => new ReceiveFlow(track, arriving, budget, counted);

    /// <summary>Gets the maximum time from the start of a stream to the end of its first message.</summary>
    public TimeSpan FirstMessage { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the maximum time that a subscription waits for its stream, and then for its answer.</summary>
    public TimeSpan SubscribeAnswer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum time that the last SUBSCRIBE_UPDATE of a subscription that has ended waits for a publisher that does not read.
    /// Then the stream is reset.
    /// </summary>
    public TimeSpan LastUpdate { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Gets the interval of the updates that report that readers are still active. They are sent while the publisher is paused or waits for
    /// the readers to finish.
    /// </summary>
    public TimeSpan SignOfLife { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Gets how long no group may have come, after the publisher has ended the subscription, before the track is over. It is longer, up to
    /// 2 s, if the answer of the publisher took long. It is also how long after a reset the session may end to be the reason of the reset.
    /// </summary>
    public TimeSpan LateGroups { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Gets the maximum time, after everything was acknowledged and since its last update, until a subscriber must have ended its side.
    /// </summary>
    public TimeSpan ReadersEnd { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the options of received tracks. The publisher determines how long a group is kept.</summary>
    public TrackOptions ReceivedTracks => new() { MaxCachedBytes = ReceivedShare, MaxCachedGroups = int.MaxValue };
}
