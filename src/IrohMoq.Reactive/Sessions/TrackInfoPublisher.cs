using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a TRACK stream with the properties of a track. Those of a track that is read from another peer are known once that peer has
/// told them. See moq-lite, "TRACK".
/// </summary>
internal static class TrackInfoPublisher
{
    /// <exception cref="MoqStreamException">The broadcast or the track is unknown.</exception>
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
        TrackInfo? info = null;
        if (track is null && broadcast.Producer.Fetcher is GroupFetcher fetcher)
            info = await fetcher.InfoAsync(request.Track, cancellationToken).ConfigureAwait(false);
        if (info is null && (track is null || !IsKnown(track)))
            track = await ReadAsync(broadcast, request.Track, connection, cancellationToken).ConfigureAwait(false);
        info ??= new TrackInfo(track!.Options.Priority, Ordered: true, SubscriptionTerms.Age(track), (ulong)track.Timescale);
        await stream.Send.WriteAsync(info.Value, connection.Version, CancellationToken.None).ConfigureAwait(false);
        stream.Send.Finish();
    }

    /// <summary>Begins to read a track of another peer, so that its properties become known.</summary>
    private static async ValueTask<TrackState> ReadAsync(
        BroadcastConsumer broadcast, string name, MoqConnection connection, CancellationToken cancellationToken)
    {
        using var cursor = broadcast.Track(name).OpenCursor(SubscribeOptions.Default, connection.Transport.RemoteId);
        while (!IsKnown(cursor.Track))
            await cursor.ChangedAsync(cancellationToken).ConfigureAwait(false);
        return cursor.IsOver(out var failure) && failure is not null ? throw failure : cursor.Track;
    }

    private static bool IsKnown(TrackState track)
    {
        lock (track.Gate)
            return track.Received is null or { IsDescribed: true } or { IsAnswered: true } || track.End is not null;
    }
}
