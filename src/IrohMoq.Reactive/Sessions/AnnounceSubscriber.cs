using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Requests the announcements of the peer on one connection, and keeps the remote origin of the session up to date. The origin may be
/// shared with another connection to the same peer. Redundant announcements (a second "active", or an "ended" for a broadcast that is
/// not live) are ignored. A malformed message, too many announcements, or a stream that is reset twice close the connection. When the
/// stream ends, every broadcast that was announced on it ends: withdrawn by the peer, or lost with the session. See moq-lite,
/// "Announce".
/// </summary>
internal sealed class AnnounceSubscriber(MoqConnection connection, OriginProducer remote)
{
    private readonly Dictionary<BroadcastPath, LiveBroadcast> _live = [];

    public async Task RunAsync()
    {
        try
        {
            if (await TryReadAsync().ConfigureAwait(false))
                return;
            // The announcements are requested once more, because later ones would be missed otherwise. The second stream announces
            // every broadcast anew.
            if (!await TryReadAsync().ConfigureAwait(false))
                connection.Close(MoqErrorCode.ProtocolViolation, "the announcements were reset twice");
        }
        catch (MoqProtocolException wrong)
        {
            connection.Close(wrong.Code, wrong.Message);
            EndAll(SessionEnded(wrong.Code));
        }
        catch (MoqSessionClosedException closed)
        {
            // The session is over, and its connection will be closed soon.
            EndAll(SessionEnded(closed.Code));
        }
        catch
        {
            EndAll(SessionEnded(MoqErrorCode.Transport));
            throw;
        }
        finally
        {
            EndAll(Withdrawn);
        }
    }

    /// <summary>Opens an ANNOUNCE stream, and reads the announcements until the peer ends the stream.</summary>
    /// <returns>
    /// False if the peer resets the stream. The broadcasts that the peer announced have ended then, and also if the connection ended.
    /// </returns>
    private async ValueTask<bool> TryReadAsync()
    {
        try
        {
            var stream = await connection.Transport.OpenBidiAsync().ConfigureAwait(false);
            await stream.Send.WriteOpeningAsync(new AnnounceRequest(default), connection.Version).ConfigureAwait(false);
            using var reader = new MessageReader(stream.Receive, connection.Version);
            while (await reader.ReadAsync<Announce>().ConfigureAwait(false) is { } announce)
            {
                if (announce.IsActive)
                    Begin(announce.Suffix);
                else if (_live.Remove(announce.Suffix, out var ended))
                    ended.End(Withdrawn);
            }

            stream.Send.Finish();
            return true;
        }
        catch (TransportStreamException failure)
        {
            connection.Log.AnnouncementsLost(connection.RemoteName, failure.ProtocolCode(connection.Version));
            EndAll(Withdrawn with { Code = failure.ProtocolCode(connection.Version) });
            return false;
        }
        catch (TransportClosedException closed)
        {
            EndAll(SessionEnded(connection.CodeOf(closed)));
            return true;
        }
    }

    private void EndAll(BroadcastEnd end)
    {
        foreach (var live in _live.Values)
            live.End(end);
        _live.Clear();
    }

    private void Begin(BroadcastPath path)
    {
        if (_live.ContainsKey(path))
            return;
        if (_live.Count >= connection.Limits.Announcements)
        {
            throw new MoqProtocolException(
                MoqErrorCode.BoundsExceeded, $"The peer announces more than {connection.Limits.Announcements} broadcasts at once.");
        }

        var broadcast = new BroadcastProducer(connection.Runtime, connection.Limits.Pool)
        {
            RequestedTrackOptions = connection.Limits.ReceivedTracks,
        };
        // This must be set before the broadcast is announced, because a reader may request a track immediately.
        broadcast.TrackRequested = track => connection.Watch(new TrackSubscriber(connection, path, broadcast, track).RunAsync());
        _live.Add(path, new LiveBroadcast(broadcast, remote.PublishOver(path, broadcast.Consume())));
    }

    private static BroadcastEnd Withdrawn { get; } = new(BroadcastEndCause.Withdrawn, MoqErrorCode.Cancel);

    private static BroadcastEnd SessionEnded(MoqErrorCode code) => new(BroadcastEndCause.SessionEnded, code);

    private readonly record struct LiveBroadcast(BroadcastProducer Broadcast, IDisposable Registration)
    {
        /// <summary>Ends the broadcast. Its subscriptions continue until their own streams end.</summary>
        public void End(BroadcastEnd end)
        {
            Registration.Dispose();
            Broadcast.End(end);
        }
    }
}
