using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a TRACK stream with the properties of a track. Those of a track that is read from another peer are known once that peer has
/// told them. See moq-lite, "TRACK".
/// </summary>
internal static class TrackInfoPublisher
{
    /// <exception cref="MoqStreamException">
    /// The broadcast or the track is unknown or refused, or the properties are not known in time.
    /// </exception>
    /// <exception cref="OperationCanceledException">The request did not arrive in time, or the connection has ended.</exception>
    public static async ValueTask ServeAsync(
        BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync<TrackRequest>(cancellationToken).ConfigureAwait(false) is not { } request)
            throw MessageFraming.Truncated(TrackRequest.Name, 0);
        var broadcast = connection.Publication(request.Broadcast);
        var track = broadcast.Producer.Find(request.Track)?.State;
        if (track is null || !IsKnown(track))
            track = await ReadAsync(stream.Send, broadcast.Track(request.Track), connection, cancellationToken).ConfigureAwait(false);
        if (track is null)
        {
            stream.Refuse(MoqErrorCode.Cancel, connection.Version);
            return;
        }

        var info = new TrackInfo(track.Options.Priority, Ordered: true, SubscriptionTerms.Age(track), (ulong)track.Timescale);
        await stream.Send.WriteAsync(info, connection.Version, CancellationToken.None).ConfigureAwait(false);
        stream.Send.Finish();
    }

    /// <summary>
    /// Begins to read a track that is requested or comes from another peer, so that its properties become known.
    /// </summary>
    /// <returns>The track, or null if the peer does not want the answer any more.</returns>
    private static async ValueTask<TrackState?> ReadAsync(
        ISendStream answer, TrackConsumer track, MoqConnection connection, CancellationToken cancellationToken)
    {
        using var cursor = track.OpenCursor(SubscribeOptions.Default, connection.Transport.RemoteId);
        connection.Watch(WakeAtEndAsync(answer, cursor));
        try
        {
            while (!IsKnown(cursor.Track))
            {
                if (answer.Closed.IsCompleted)
                    return null;
                await cursor.ChangedAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (connection.IsOpen)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout, $"The properties of track '{track.Name}' did not become known in time, so that the peer cannot be told them.");
        }

        return cursor.IsOver(out var failure) && failure is not null ? throw failure : cursor.Track;
    }

    private static async Task WakeAtEndAsync(ISendStream stream, TrackCursor cursor)
    {
        await stream.Closed.ConfigureAwait(false);
        cursor.Wake();
    }

    private static bool IsKnown(TrackState track)
    {
        lock (track.Gate)
            return track.End is not null || (track.IsDescribed && track.Received is null or { IsDescribed: true } or { IsAnswered: true });
    }
}
