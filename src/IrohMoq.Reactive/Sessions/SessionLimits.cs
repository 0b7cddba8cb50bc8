using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>What one session takes from its peer at most, and how much it has under way.</summary>
internal sealed record SessionLimits
{
    public static SessionLimits Default { get; } = new();

    /// <summary>Live announcements of the peer.</summary>
    public int Announcements { get; init; } = 16_384;

    /// <summary>
    /// ANNOUNCE streams of the peer that are served at once. One is all that a peer needs; each is told of every broadcast.
    /// </summary>
    public int AnnounceStreams { get; init; } = 16;

    /// <summary>PROBE streams of the peer that are held at once. One is all that a peer needs.</summary>
    public int ProbeStreams { get; init; } = 16;

    /// <summary>Subscriptions of the peer that are served at once.</summary>
    public int Subscriptions { get; init; } = 4_096;

    /// <summary>
    /// Groups of one subscription that are on their way at once: so many small ones fill a path of a tenth of a second at a few thousand
    /// groups a second.
    /// </summary>
    public int GroupsInFlight { get; init; } = 960;

    /// <summary>Bytes of one subscription that are on their way at once; two groups may always be.</summary>
    public long BytesInFlight { get; init; } = 4 << 20;

    /// <summary>
    /// Groups of a lossless track that are written at once: the reader takes them one after the other, and what it does not take yet keeps
    /// its share from the one it reads.
    /// </summary>
    public int LosslessGroupsInWriting { get; init; } = 4;

    /// <summary>Groups of a lossless track that a subscriber gets before it has said how far its publisher may go.</summary>
    public int FirstGroups { get; init; } = 64;

    /// <summary>
    /// How long a group that the cache has dropped may still wait in its stream's queue, if all of it is there: on a path that takes it,
    /// it is gone by then.
    /// </summary>
    public TimeSpan DroppedInQueue { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Memory that is kept for the readers of one remote track, in bytes. Its publisher is held back from half of it on.</summary>
    public long ReceivedShare { get; init; } = 16 << 20;

    /// <summary>The most bytes that a peer may send on one stream ahead of its reader, as the transport has it.</summary>
    public long StreamWindow { get; init; } = 4 << 20;

    /// <summary>Memory that is kept for all readers of the session, in bytes, divided among the tracks whose readers are behind.</summary>
    public long ReceivedBudget { get; init; } = 64 << 20;

    /// <summary>
    /// The memory that all tracks of the session may take, in bytes, while one of them takes more than its share. A lossless track takes
    /// more until its publisher stops. Beyond this limit the readers of a track that is above its share are cut off. Tracks within their
    /// shares are not affected.
    /// </summary>
    public long ReceivedBeyondShares { get; init; } = 256 << 20;

    /// <summary>Where what is received is kept.</summary>
    public BlockPool Pool { get; init; } = BlockPool.Shared;

    /// <summary>What holds a publisher back; a test puts a broken one here.</summary>
    public Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow> Flow { get; init; } =
        static (track, arriving, budget, counted) => new ReceiveFlow(track, arriving, budget, counted);

    /// <summary>How long a stream may take to say what it is and to bring its first message.</summary>
    public TimeSpan FirstMessage { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a subscription may wait for a stream of its own and for its answer before it counts as lost.</summary>
    public TimeSpan SubscribeAnswer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the last SUBSCRIBE_UPDATE of a subscription that has ended may wait for a publisher that does not read it; then the stream
    /// is reset.
    /// </summary>
    public TimeSpan LastUpdate { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often a publisher that is held back, or waits for the readers at the end, is told that they read on.</summary>
    public TimeSpan SignOfLife { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long no group may have come, after the publisher has ended the subscription, before the track counts as over; more where the
    /// publisher's answer took long, 2 s at most. And how long after a reset the session's end may come to be the reason.
    /// </summary>
    public TimeSpan LateGroups { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a subscriber is waited for, after everything was acknowledged and since its last sign of life, until it has ended its
    /// side.
    /// </summary>
    public TimeSpan ReadersEnd { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is kept of a track that is read: how old a group may be is the publisher's word.</summary>
    public TrackOptions ReceivedTracks => new() { MaxCachedBytes = ReceivedShare, MaxCachedGroups = int.MaxValue };
}
