using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Represents a source of the properties of tracks, which does not subscribe to them.</summary>
internal interface ITrackInfoSource
{
    /// <summary>Returns the properties of a track.</summary>
    /// <param name="track">The name of the track.</param>
    /// <param name="peer">The peer that asks for them.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <returns>The properties, or null if the version of the protocol does not tell them.</returns>
    /// <exception cref="MoqStreamException">The publisher does not have the track, or did not answer in time.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    ValueTask<TrackInfo?> InfoAsync(string track, Requester peer, CancellationToken cancellationToken);
}
