using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a TRACK stream with the properties of a track. Those of a track that is requested, or read from another peer, are known once
/// they have been told. See moq-lite, "TRACK".
/// </summary>
internal static class TrackInfoPublisher
{
    /// <exception cref="MoqStreamException">
    /// The broadcast or the track is unknown or refused, or the properties are not known in time; the code tells which.
    /// </exception>
    /// <exception cref="MoqException">The track was aborted, with this code.</exception>
    /// <exception cref="OperationCanceledException">
    /// The request did not arrive in time, the peer does not want the answer any more, or the connection has ended.
    /// </exception>
    public static async ValueTask ServeAsync(
        BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync<TrackRequest>(cancellationToken).ConfigureAwait(false) is not { } request)
            throw MessageFraming.Truncated(TrackRequest.Name, 0);
        TrackInfo info;
        try
        {
            var wanted = connection.UntilStopped(stream.Send, cancellationToken);
            info = await FindAsync(request, connection, wanted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && connection.IsOpen)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout, $"The properties of track '{request.Track}' did not become known in time to tell the peer.");
        }

        await stream.Send.WriteAsync(info, connection.Version, CancellationToken.None).ConfigureAwait(false);
        stream.Send.Finish();
    }

    /// <summary>
    /// Returns the properties of a track. If need be, the method asks the peer that has announced the broadcast, or begins to read the
    /// track, so that they become known.
    /// </summary>
    private static async ValueTask<TrackInfo> FindAsync(TrackRequest request, MoqConnection connection, CancellationToken cancellationToken)
    {
        var broadcast = await connection.PublicationAsync(request.Broadcast, cancellationToken).ConfigureAwait(false);
        var found = broadcast.Producer.Find(request.Track)?.State;
        if (found is not null && IsKnown(found))
            return InfoOf(found);
        if (found is null && broadcast.Producer.Fetcher is ITrackInfoSource source
            && await source.InfoAsync(request.Track, connection.Requester, cancellationToken).ConfigureAwait(false) is { } info)
            return info;
        using var cursor = broadcast.Track(request.Track).OpenCursor(SubscribeOptions.Default, connection.Requester);
        while (!IsKnown(cursor.Track))
        {
            if (cursor.IsOver(out var failure) && failure is not null)
                throw failure;
            await cursor.ChangedAsync(cancellationToken).ConfigureAwait(false);
        }

        return InfoOf(cursor.Track);
    }

    /// <exception cref="MoqException">
    /// The track was aborted. Nothing can be read of it, so the subscriber learns it before it subscribes.
    /// </exception>
    private static TrackInfo InfoOf(TrackState track)
    {
        lock (track.Gate)
        {
            if (track.End?.Failure is { } failure)
                throw failure();
        }

        return new TrackInfo(track.Priority, Ordered: true, SubscriptionTerms.Age(track), (ulong)track.Timescale);
    }

    private static bool IsKnown(TrackState track)
    {
        lock (track.Gate)
            return track.End is not null || track.IsKnown;
    }
}
