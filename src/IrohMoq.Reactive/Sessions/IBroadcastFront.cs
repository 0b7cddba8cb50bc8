namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the sources of one broadcast in all sessions, from one of which to another the readings of its tracks move. This type is
/// thread-safe.
/// </summary>
internal interface IBroadcastFront
{
    /// <summary>Gets the name that the sources announce: that of the broadcast, or a prefix of it.</summary>
    BroadcastPath AnnouncedName { get; }

    /// <summary>
    /// Returns the best source that can be used now, or null. A source that leads through a peer for which the track is read is used only
    /// if there is no other one.
    /// </summary>
    /// <param name="except">The sources that are not to be used.</param>
    /// <param name="peers">The peers for which the track is read.</param>
    TrackSource? Find(IReadOnlyCollection<BroadcastProducer> except, IReadOnlyCollection<Requester> peers);

    /// <summary>Determines whether a source leads through a peer, so that what the peer reads from it would go round.</summary>
    bool LeadsThrough(BroadcastProducer source, Requester peer);

    /// <summary>
    /// Keeps the session of a source open for a track that is read from it, until the returned object is disposed. Returns null if it is no
    /// source any more.
    /// </summary>
    IDisposable? HoldSession(BroadcastProducer source);

    /// <summary>
    /// Returns the best source, after waiting for one that can be used. The wait ends in any case: when the broadcast ends, when every
    /// source is excluded, or after the time that a peer may take to come back.
    /// </summary>
    /// <param name="except">The sources that are not to be used.</param>
    /// <param name="track">The track, whose readers determine which source is the best.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <returns>The source, or null if there is none.</returns>
    ValueTask<TrackSource?> NextAsync(
        IReadOnlyCollection<BroadcastProducer> except, TrackState track, CancellationToken cancellationToken);
}
