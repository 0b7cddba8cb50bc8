using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the sources of a broadcast from one of which to another a track moves: when the session of its source is over, when the peer
/// withdraws or refuses what is read, and when the peer goes away. No peer is served with what is read from it or through it: the track
/// moves to a source that leads through none of the peers that read it, and if there is none, those peers have to look for another one. A
/// track that is read from one session has no choice of sources. This type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="front">The sources, or null if the track is read from one session.</param>
/// <param name="first">The source that is read first, or null if the track is read from one session.</param>
/// <param name="changed">The signal to set when the current source has to be looked at.</param>
/// <param name="over">The token that is canceled when the track has ended.</param>
internal sealed class TrackSources(
    TrackState track, IBroadcastFront? front, BroadcastProducer? first, Signal changed, CancellationToken over)
{
    private readonly RefusedSources _refused = new(track);
    private BroadcastProducer? _current = first;
    private BroadcastProducer? _found;
    private SourceWatch? _watch;
    private bool _isRefusedInSession;

    /// <summary>Gets a value indicating whether the track is read from one of several sources.</summary>
    public bool MayChange => front is not null;

    /// <summary>Gets the name under which the sources announce the broadcast, or what is above it, or null if there is no choice.</summary>
    public BroadcastPath? AnnouncedName => front?.AnnouncedName;

    /// <summary>Gets the broadcast on the connection from which the track is read, or null if it is not known.</summary>
    public BroadcastProducer? Current => Volatile.Read(ref _current);

    /// <summary>Gets or sets the broadcast on the connection to which the track may move, or null if it is not known.</summary>
    public BroadcastProducer? Found
    {
        get => Volatile.Read(ref _found);
        set => Volatile.Write(ref _found, value);
    }

    /// <summary>
    /// Gets a value indicating whether the track was refused on another connection of the session from which it is read, so that only other
    /// sessions are asked.
    /// </summary>
    public bool IsRefusedInSession => Volatile.Read(ref _isRefusedInSession);

    /// <summary>Gets a value indicating whether the peer has withdrawn the source from which the track is read.</summary>
    public bool IsCurrentWithdrawn => IsWithdrawn(Current);

    /// <summary>Gets a value indicating whether the peer has withdrawn the source to which the track may move.</summary>
    public bool IsFoundWithdrawn => IsWithdrawn(Found);

    /// <summary>Gets a value indicating whether there is another source than the current one.</summary>
    private bool IsAnyOther => front?.Find(Left(), []) is not null;

    /// <summary>Gets a value indicating whether the current source leads through a peer for which the track is read.</summary>
    private bool IsLooped => Current is { } source && IsLoopedFrom(source);

    private bool IsAnyWithoutLoop => front!.Find(Left(), track.ReadingPeers()) is { } other && !IsLoopedFrom(other.Broadcast);

    /// <summary>Determines whether a peer has withdrawn a broadcast.</summary>
    public static bool IsWithdrawn(BroadcastProducer? broadcast) => broadcast?.EndCause == BroadcastEndCause.Withdrawn;

    /// <summary>Determines whether another source is asked after a subscription has failed: that may be the fault of one source.</summary>
    public bool MayTryOthers(SubscriptionEnd end) => front is not null && end.Failure is not null && !_refused.IsFull(end);

    /// <summary>
    /// Determines whether a group that a publisher has reset may come again from another source, because its source has lost the publisher
    /// before it: that is known a little later. A group that was dropped on purpose does not come again.
    /// </summary>
    public bool MayResend(BrokenGroup broken) => front is not null
        && broken.Code != MoqErrorCode.Evicted && broken.Code != MoqErrorCode.Old && broken.Code != MoqErrorCode.DeliveryTimeout
        && IsAnyOther;

    /// <summary>
    /// Returns why the current source is to be left. A peer that goes away is left for another source, if there is one; else the session
    /// may have another connection soon.
    /// </summary>
    public Departure ReasonToLeave(Subscription current)
    {
        if (front is null)
            return Departure.None;
        if (current.End is { IsLost: false })
            return Departure.Refused;
        if (IsCurrentWithdrawn)
            return Departure.Withdrawn;
        if (IsLooped && IsAnyWithoutLoop)
            return Departure.Looped;
        return current.Connection.Goaway.IsReceived && IsAnyOther ? Departure.GoingAway : Departure.None;
    }

    /// <summary>Records that the subscription to which the track was to move was refused.</summary>
    public void OnRefused(SubscriptionEnd refusal)
    {
        if (front is null)
            return;
        _refused.Add(Found, refusal);
        Volatile.Write(ref _isRefusedInSession, true);
    }

    /// <summary>Returns the best source to which the track moves, after waiting for one unless the current one has refused it.</summary>
    /// <param name="reason">Why the current source is left.</param>
    /// <param name="current">The subscription at the current source.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <returns>The source, or null if there is none.</returns>
    public async ValueTask<TrackSource?> NextAsync(Departure reason, Subscription current, CancellationToken cancellationToken)
    {
        if (reason == Departure.Refused)
            _refused.Add(Current, current.End);
        var next = reason == Departure.Refused
            ? front!.Find(Left(), track.ReadingPeers())
            : await front!.NextAsync(Left(), track, cancellationToken).ConfigureAwait(false);
        if (next is not null)
            Found = next.Broadcast;
        return next;
    }

    /// <summary>Records that the track is read from a source now.</summary>
    public void MoveTo(BroadcastProducer? source, Subscription subscription)
    {
        Volatile.Write(ref _current, source);
        Watch(subscription);
    }

    /// <summary>Follows what happens to the source of a subscription, and keeps its session open.</summary>
    public void Watch(Subscription subscription)
    {
        if (front is null)
            return;
        Volatile.Write(ref _isRefusedInSession, false);
        var source = Current;
        var held = source is null ? null : front.HoldSession(source);
        Interlocked.Exchange(ref _watch, new SourceWatch(source, subscription.Connection, changed, held))?.Dispose();
        // The track may have ended meanwhile.
        if (over.IsCancellationRequested)
            Unwatch();
    }

    /// <summary>Follows the source no longer.</summary>
    public void Unwatch() => Interlocked.Exchange(ref _watch, null)?.Dispose();

    /// <summary>Stops serving the peers through which the current source leads, unless the track can move to another source.</summary>
    public void CutLooped()
    {
        if (front is null || Current is not { } source || !IsLooped || IsAnyWithoutLoop)
            return;
        foreach (var peer in track.ReadingPeers())
        {
            if (front.LeadsThrough(source, peer))
                track.CutOff(peer, MoqErrorCode.Unroutable);
        }
    }

    private bool IsLoopedFrom(BroadcastProducer source) =>
        track.ReadingPeers() is { Count: > 0 } peers && peers.Any(peer => front!.LeadsThrough(source, peer));

    /// <summary>Returns the sources that are not to be used next.</summary>
    private HashSet<BroadcastProducer> Left() => _refused.With(Current);
}
