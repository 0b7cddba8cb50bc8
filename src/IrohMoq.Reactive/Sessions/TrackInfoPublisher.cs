using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a TRACK stream with the properties of a track. Those of a track that is read from another peer are known once that peer has
/// told them. See moq-lite, "TRACK".
/// </summary>
internal static class TrackInfoPublisher
{
    /// <exception cref="MoqException">The broadcast or the track is unknown, or the track was aborted; the code tells which.</exception>
    /// <exception cref="OperationCanceledException">
    /// The request did not arrive in time, or the properties are not known in time.
    /// </exception>
    public static async ValueTask ServeAsync(
        BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync<TrackRequest>(cancellationToken).ConfigureAwait(false) is not { } request)
            throw MessageFraming.Truncated(TrackRequest.Name, 0);
        var broadcast = connection.Publication(request.Broadcast);
        var track = broadcast.Producer.Find(request.Track)?.State;
        if (track is null || !IsKnown(track))
            track = await ReadAsync(broadcast, request.Track, connection, cancellationToken).ConfigureAwait(false);
        // Nothing can be read of a track that was aborted, so the subscriber learns it before it subscribes.
        if (FailureOf(track) is { } failure)
            throw failure;
        var info = new TrackInfo(track.Options.Priority, Ordered: true, SubscriptionTerms.Age(track), (ulong)track.Timescale);
        await stream.Send.WriteAsync(info, connection.Version, CancellationToken.None).ConfigureAwait(false);
        stream.Send.Finish();
    }

    /// <summary>Begins to read a track of another peer, so that its properties become known.</summary>
    private static async ValueTask<TrackState> ReadAsync(
        BroadcastConsumer broadcast, string name, MoqConnection connection, CancellationToken cancellationToken)
    {
        using var cursor = broadcast.Track(name).OpenCursor(SubscribeOptions.Default, connection.Transport.RemoteId);
        while (!IsKnown(cursor.Track))
            await cursor.ChangedAsync(cancellationToken).ConfigureAwait(false);
        return cursor.Track;
    }

    private static MoqException? FailureOf(TrackState track)
    {
        lock (track.Gate)
            return track.End?.Failure?.Invoke();
    }

    private static bool IsKnown(TrackState track)
    {
        lock (track.Gate)
            return track.Received is null or { IsDescribed: true } or { IsAnswered: true } || track.End is not null;
    }
}
