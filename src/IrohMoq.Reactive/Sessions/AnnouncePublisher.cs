using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves an ANNOUNCE stream: announces to the peer what is published below its prefix, and every change, until the peer ends its side.
/// Without anything to announce the stream stays open: an end would say that there will never be anything. See moq-lite, "Announce".
/// </summary>
internal static class AnnouncePublisher
{
    /// <exception cref="OperationCanceledException">The request has not come in time.</exception>
    /// <exception cref="MoqStreamException">The peer has too many streams of this kind.</exception>
    public static async ValueTask ServeAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over)
    {
        try
        {
            if (connection.CountAnnounceStreams(1) > connection.Limits.AnnounceStreams)
            {
                throw new MoqStreamException(
                    MoqErrorCode.BoundsExceeded,
                    $"The peer has more than {connection.Limits.AnnounceStreams} ANNOUNCE streams at once.",
                    isRemote: true);
            }

            await AnnounceAsync(stream, reader, connection, over).ConfigureAwait(false);
        }
        finally
        {
            connection.CountAnnounceStreams(-1);
        }
    }

    private static async ValueTask AnnounceAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over)
    {
        AnnounceRequest request;
        using (var limit = connection.Runtime.Limit(connection.Limits.FirstMessage, over))
        {
            if (await reader.ReadAsync<AnnounceRequest>(limit.Token).ConfigureAwait(false) is not { } asked)
            {
                stream.Send.Finish();
                return;
            }

            request = asked;
        }

        using var peerEnds = CancellationTokenSource.CreateLinkedTokenSource(over);
        var watching = WatchAsync(reader, peerEnds);
        try
        {
            using var announcements = connection.Local.OpenAnnouncements(request.Prefix);
            do
            {
                // A peer that has ended its side gets no further announcement.
                while (!peerEnds.IsCancellationRequested && announcements.TryNext(out var announcement))
                {
                    connection.HasAnnounced = true;
                    announcement.Path.TryStripPrefix(request.Prefix, out var suffix);
                    var message = new Announce(announcement.IsActive, suffix);
                    await stream.Send.WriteAsync(message, connection.Version, CancellationToken.None).ConfigureAwait(false);
                }
            }
            while (await announcements.WaitAsync(peerEnds.Token).ConfigureAwait(false));

            // The session is over, and its connection is about to be closed.
            stream.Send.Finish();
        }
        catch (OperationCanceledException) when (peerEnds.IsCancellationRequested)
        {
            stream.Send.Finish();
        }
        finally
        {
            // The watch ends with the stream, which the peer or the connection ends.
            stream.Receive.Stop(MoqErrorCode.Cancel);
            await watching.ConfigureAwait(false);
        }
    }

    private static async Task WatchAsync(MessageReader reader, CancellationTokenSource peerEnds)
    {
        try
        {
            while (await reader.ReadAsync<AnnounceRequest>().ConfigureAwait(false) is not null)
            {
                // Nothing should follow the request. What does is read, so that the end of the stream is seen.
            }
        }
        catch (IOException)
        {
            // However the peer ends its side, it wants no more announcements.
        }
        finally
        {
            peerEnds.Cancel();
        }
    }
}
