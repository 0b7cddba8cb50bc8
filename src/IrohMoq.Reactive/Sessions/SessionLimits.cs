using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Represents the limits of one connection: how much it accepts from the peer, and how much it sends at once.</summary>
internal sealed record SessionLimits
{
    private const long DefaultReceivedShare = 16 << 20;

    public static SessionLimits Default { get; } = new();

    /// <summary>Gets the maximum number of live announcements of the peer.</summary>
    public int Announcements { get; init; } = 16_384;

    /// <summary>
    /// Gets the maximum number of ANNOUNCE streams of the peer that are served at once. A peer needs only one, and every announcement
    /// is sent on each of them.
    /// </summary>
    public int AnnounceStreams { get; init; } = 16;

    /// <summary>Gets the maximum number of PROBE streams of the peer that are held open at once. A peer needs only one.</summary>
    public int ProbeStreams { get; init; } = 16;

    /// <summary>
    /// Gets the maximum number of subscriptions of the peer that are served at once, and of its requests of the properties of tracks, of
    /// which each subscription has one.
    /// </summary>
    public int Subscriptions { get; init; } = 4_096;

    /// <summary>
    /// Gets the maximum number of groups that the peer may fetch at once. A group that is not kept here takes memory while it is fetched
    /// from another peer.
    /// </summary>
    public int Fetches { get; init; } = 256;

    /// <summary>
    /// Gets the maximum number of groups of one subscription that are being sent at once. The default value suffices to send a few
    /// thousand small groups per second over a path with a round-trip time of 100 ms.
    /// </summary>
    public int GroupsInFlight { get; init; } = 960;

    /// <summary>
    /// Gets the maximum number of bytes of one subscription that are being sent at once. Two groups are always allowed.
    /// </summary>
    public long BytesInFlight { get; init; } = 4 << 20;

    /// <summary>
    /// Gets the maximum number of groups of a lossless track that are written at once. The reader reads groups one after another, and
    /// data of later groups uses up the share that the current group needs.
    /// </summary>
    public int LosslessGroupsInWriting { get; init; } = 4;

    /// <summary>
    /// Gets the maximum number of groups of a lossless track that are sent to a subscriber before its first update, which sets the
    /// limit from then on.
    /// </summary>
    public int FirstGroups { get; init; } = 64;

    /// <summary>
    /// Gets the maximum time that a complete group may remain in the queue of its stream after the cache has dropped it. A sufficiently
    /// fast path has sent the group by then.
    /// </summary>
    public TimeSpan DroppedInQueue { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Gets the memory, in bytes, that is kept for the readers of one remote track. When half of it is used, the publisher is slowed
    /// down.
    /// </summary>
    public long ReceivedShare { get; init => ReceivedTracks = TracksOf(field = value); } = DefaultReceivedShare;

    /// <summary>
    /// Gets the maximum number of bytes that a peer may send on one stream before they are read, as configured in the transport.
    /// </summary>
    public long StreamWindow { get; init; } = 4 << 20;

    /// <summary>
    /// Gets the memory, in bytes, that is kept for all readers of the connection. It is divided among the tracks whose readers are
    /// behind.
    /// </summary>
    public long ReceivedBudget { get; init; } = 64 << 20;

    /// <summary>
    /// Gets the maximum number of bytes that all tracks of the session may use while at least one track exceeds its share. Above it, the
    /// readers of tracks that exceed their shares are disconnected; other tracks are not affected. A lossless track can exceed its share
    /// until its publisher pauses.
    /// </summary>
    public long ReceivedBeyondShares { get; init; } = 256 << 20;

    /// <summary>Gets the pool that provides the memory for received data.</summary>
    public BlockPool Pool { get; init; } = BlockPool.Shared;

    /// <summary>Gets the function that creates the flow control of a subscription. Tests replace the function.</summary>
    public Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow> Flow { get; init; } =
        static (track, arriving, budget, counted) => new ReceiveFlow(track, arriving, budget, counted);

    /// <summary>Gets the maximum time from the start of a stream to the end of its first message.</summary>
    public TimeSpan FirstMessage { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum time from the beginning of a connection until the peer has sent its SETUP, which is the first thing that it sends.
    /// </summary>
    public TimeSpan PeerSetup { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum time that a subscription waits for its stream to open, and then for the answer of the publisher.
    /// </summary>
    public TimeSpan SubscribeAnswer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum time that an ended subscription waits until its last SUBSCRIBE_UPDATE is sent to a publisher that does not
    /// read. The stream is reset afterwards.
    /// </summary>
    public TimeSpan LastUpdate { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Gets the interval of the updates that report that readers are still active. They are sent while the publisher is paused or waits for
    /// the readers to finish.
    /// </summary>
    public TimeSpan SignOfLife { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Gets the time without an active group after which a track is over once its publisher has ended the subscription. The time is
    /// longer, up to 2 s, if the answer of the publisher took long, and up to 10 s if groups are known to be missing. It is also the time
    /// within which the session must end after a reset to count as the reason of the reset.
    /// </summary>
    public TimeSpan LateGroups { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Gets the maximum time to wait for a subscriber to end its side of the subscribe stream after it has acknowledged all groups. The
    /// time restarts with every SUBSCRIBE_UPDATE.
    /// </summary>
    public TimeSpan ReadersEnd { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum time that a track may take to move to another connection after the peer has asked this side to leave.
    /// </summary>
    public TimeSpan Handover { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the options of received tracks. The publisher determines how long a group is kept.</summary>
    public TrackOptions ReceivedTracks { get; private init; } = TracksOf(DefaultReceivedShare);

    /// <summary>Returns a broadcast of which tracks are received.</summary>
    public BroadcastProducer NewBroadcast(Runtime runtime) => new(runtime, Pool) { RequestedTrackOptions = ReceivedTracks };

    private static TrackOptions TracksOf(long share) => new() { MaxCachedBytes = share, MaxCachedGroups = int.MaxValue };
}
