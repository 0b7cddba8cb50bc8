namespace IrohMoq.Reactive.Sessions;

/// <summary>What one session takes from its peer at most.</summary>
internal sealed record SessionLimits
{
    public static SessionLimits Default { get; } = new();

    /// <summary>Live announcements of the peer.</summary>
    public int Announcements { get; init; } = 16_384;

    /// <summary>ANNOUNCE streams of the peer that are served at once. One is all that a peer needs; each is told of every broadcast.</summary>
    public int AnnounceStreams { get; init; } = 16;

    /// <summary>Subscriptions of the peer that are served at once.</summary>
    public int Subscriptions { get; init; } = 4_096;

    /// <summary>Group streams of one subscription that are sent at once; newer groups push out older ones.</summary>
    public int GroupsInFlight { get; init; } = 64;

    /// <summary>
    /// What is kept of a track that is read: reading the network waits for the local readers, so that the publisher's policy decides what is dropped.
    /// </summary>
    public TrackOptions ReceivedTracks { get; init; } = new() { Lossless = true, MaxCachedBytes = 8 << 20, SlowReaderLimit = TimeSpan.FromDays(1) };

    /// <summary>How long a stream may take to say what it is.</summary>
    public TimeSpan FirstMessage { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a subscription is answered for before it counts as lost.</summary>
    public TimeSpan SubscribeAnswer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long no group may have come, after the publisher has ended the subscription, before the track counts as over; and how long after a reset the session's end may come to be the reason.</summary>
    public TimeSpan LateGroups { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a subscriber is waited for, after everything was acknowledged, until it has ended its side.</summary>
    public TimeSpan ReadersEnd { get; init; } = TimeSpan.FromSeconds(10);
}
