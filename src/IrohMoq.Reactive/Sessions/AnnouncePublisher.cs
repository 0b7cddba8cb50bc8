using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves an ANNOUNCE stream: announces to the peer the broadcasts that are published below the requested prefix, and every change,
/// until the peer ends its side of the stream. The stream stays open while there is nothing to announce, because its end would mean
/// that no announcement will follow. See moq-lite, "Announce".
/// </summary>
internal static class AnnouncePublisher
{
    /// <exception cref="OperationCanceledException">The request did not arrive in time.</exception>
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

        using var announcements = connection.Local.OpenAnnouncements(request.Prefix);
        using var stop = over.UnsafeRegister(static cursor => ((AnnounceCursor)cursor!).Stop(), announcements);
        var watching = WatchAsync(reader, announcements);
        try
        {
            do
            {
                while (announcements.TryNext(out var announcement))
                {
                    connection.HasAnnounced = true;
                    announcement.Path.TryStripPrefix(request.Prefix, out var suffix);
                    var message = new Announce(announcement.IsActive, suffix);
                    await stream.Send.WriteAsync(message, connection.Version, CancellationToken.None).ConfigureAwait(false);
                }
            }
            while (await announcements.WaitAsync(CancellationToken.None).ConfigureAwait(false));

            // The peer has ended its side, or the session is over and its connection will be closed soon.
            stream.Send.Finish();
        }
        finally
        {
            // The watch task ends when the peer or the connection ends the stream.
            stream.Receive.Stop(MoqErrorCode.Cancel, connection.Version);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Stops the announcements when the peer or the connection ends the stream.</summary>
    private static async Task WatchAsync(MessageReader reader, AnnounceCursor announcements)
    {
        try
        {
            while (await reader.ReadAsync<AnnounceRequest>().ConfigureAwait(false) is not null)
            {
                // No message should follow the request. Unexpected messages are read and ignored, so that the end of the stream is
                // detected.
            }
        }
        catch (IOException)
        {
            // No matter how the peer ends its side, it wants no more announcements.
        }
        finally
        {
            announcements.Stop();
        }
    }
}
