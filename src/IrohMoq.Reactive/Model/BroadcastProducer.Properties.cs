namespace IrohMoq.Reactive;

/// <content>Tells the properties of tracks.</content>
public sealed partial class BroadcastProducer
{
    /// <summary>
    /// Returns the properties of a track. If need be, the method asks the peer that has announced the broadcast, or begins to read the
    /// track, so that they become known.
    /// </summary>
    /// <param name="track">The name of the track.</param>
    /// <param name="requester">The peer that asks, or null for this process.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    internal async ValueTask<TrackProperties> PropertiesAsync(string track, Requester? requester, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var found = Find(track)?.State;
        if (found is not null && IsKnown(found))
            return PropertiesOf(found);
        if (found is null && Provider is { } provider
            && await provider.PropertiesAsync(track, requester, cancellationToken).ConfigureAwait(false) is { } told)
            return told;
        using var cursor = OpenCursor(track, SubscribeOptions.Default, requester);
        while (!IsKnown(cursor.Track))
        {
            if (cursor.IsOver(out var failure) && failure is not null)
                throw failure;
            await cursor.ChangedAsync(cancellationToken).ConfigureAwait(false);
        }

        return PropertiesOf(cursor.Track);
    }

    /// <exception cref="MoqException">
    /// The track was aborted. Nothing can be read of it, so a subscriber learns it before it subscribes.
    /// </exception>
    private static TrackProperties PropertiesOf(TrackState track)
    {
        lock (track.Gate)
        {
            if (track.End?.Failure is { } failure)
                throw failure();
        }

        return TrackProperties.Of(track);
    }

    private static bool IsKnown(TrackState track)
    {
        lock (track.Gate)
            return track.End is not null || track.IsKnown;
    }
}
