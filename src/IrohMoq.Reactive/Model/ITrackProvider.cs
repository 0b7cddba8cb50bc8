namespace IrohMoq.Reactive;

/// <summary>Provides the tracks of a broadcast that comes from a peer, their single groups and their properties.</summary>
internal interface ITrackProvider
{
    /// <summary>Subscribes to a track that a reader has requested. It is called without a lock.</summary>
    /// <param name="track">The track, which receives what the publisher sends.</param>
    void Subscribe(TrackProducer track);

    /// <summary>Requests one group from the publisher.</summary>
    /// <param name="track">The name of the track.</param>
    /// <param name="sequence">The number of the group, at most <see cref="TrackProducer.MaxSequence"/>.</param>
    /// <param name="options">The options of the request.</param>
    /// <param name="peer">The peer that asks for the group, or null for this process.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <returns>The group, when its first bytes have arrived.</returns>
    /// <exception cref="MoqStreamException">The publisher does not have the group, or did not answer; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken);

    /// <summary>Requests the properties of a track from the publisher, without a subscription.</summary>
    /// <param name="track">The name of the track.</param>
    /// <param name="peer">The peer that asks for them, or null for this process.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <returns>The properties, or null if the version of the protocol has no such request.</returns>
    /// <exception cref="MoqStreamException">The publisher does not have the track, or did not answer; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken);
}
