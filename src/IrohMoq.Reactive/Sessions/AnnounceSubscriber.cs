using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Requests the announcements of the peer on one connection, and keeps the remote origin of the session up to date. The origin may be
/// shared with another connection to the same peer. A malformed message, too many announcements, or a stream that is reset twice close
/// the connection. When the stream ends, every broadcast that was announced on it ends: withdrawn by the peer, or lost with the session.
/// A peer that has asked this side to leave is not asked again. See moq-lite, "Announce".
/// </summary>
internal sealed class AnnounceSubscriber(MoqConnection connection, RemoteBroadcasts live)
{
    // The announced prefixes that are not live, because their routes lead through this side. Created on demand.
    private HashSet<BroadcastPath>? _looped;

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
            live.EndAll(SessionEnded(wrong.Code));
        }
        catch (MoqStreamException leaving) when (leaving.Code == MoqErrorCode.GoingAway)
        {
            // What the peer had announced has ended, and nothing else is read on the connection.
        }
        catch (OperationCanceledException) when (connection.Over.IsCancellationRequested)
        {
            // The connection has ended before the options of the peer have arrived, so that no announcement was read.
        }
        catch (MoqSessionClosedException closed)
        {
            // The session is over, and its connection will be closed soon.
            live.EndAll(SessionEnded(closed.Code));
        }
        catch
        {
            live.EndAll(SessionEnded(MoqErrorCode.Transport));
            throw;
        }
        finally
        {
            live.EndAll(RemoteBroadcasts.Withdrawn);
            connection.CaughtUp.TrySet(false);
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
            var stream = await connection.OpenRequestAsync("its announcements", CancellationToken.None).ConfigureAwait(false);
            var request = new AnnounceRequest(default, connection.Hop);
            await stream.Send.WriteOpeningAsync(request, connection.Version).ConfigureAwait(false);
            using var reader = new MessageReader(stream.Receive, connection.Version);
            var from = default(AnnounceOk);
            if (connection.Version.HasSetup)
            {
                if (await reader.ReadAsync<AnnounceOk>().ConfigureAwait(false) is not { } ok)
                    return End(stream);
                from = ok;
                live.PeerHop = ok.Hop;
            }
            else
            {
                connection.CaughtUp.TrySet(false);
            }

            if (connection.Version.HasRoutes)
                await ReadRoutesAsync(reader, from).ConfigureAwait(false);
            else
                await ReadBroadcastsAsync(reader, from).ConfigureAwait(false);
            return End(stream);
        }
        catch (TransportStreamException failure)
        {
            var code = failure.ProtocolCode(connection.Version);
            connection.Log.AnnouncementsLost(connection.RemoteName, code);
            live.EndAll(RemoteBroadcasts.Withdrawn with { Code = code });
            return false;
        }
        catch (TransportClosedException closed)
        {
            live.EndAll(SessionEnded(connection.CodeOf(closed)));
            return true;
        }
    }

    private static bool End(BidiStream stream)
    {
        stream.Send.Finish();
        return true;
    }

    /// <summary>
    /// Reads the announcements of broadcasts by name. Redundant ones are ignored: an end of a broadcast that is not live and, up to
    /// moq-lite-04, a second beginning; later it replaces the broadcast, unless only its route has changed.
    /// </summary>
    private async ValueTask ReadBroadcastsAsync(MessageReader reader, AnnounceOk from)
    {
        for (var read = 0UL; await ReadAsync(read).ConfigureAwait(false) is { } announce; read++)
        {
            if (!announce.IsActive)
            {
                live.End(announce.Suffix);
                continue;
            }

            var route = live.RouteOf(new Route(announce.Hops));
            if (route is not null && connection.Version.HasSetup)
                live.Change(announce.Suffix, route);
            else if (route is not null)
                live.TryBegin(announce.Suffix, route);
            else if (connection.Version.HasSetup)
                live.End(announce.Suffix);
        }

        ValueTask<Announce?> ReadAsync(ulong read)
        {
            OnRead(read, from);
            return reader.ReadAsync<Announce>();
        }
    }

    /// <summary>
    /// Reads the announcements of routes, which have implicit numbers. They wait for the options of the peer, which state the cost of the
    /// connection and may arrive later, although they were sent first.
    /// </summary>
    private async ValueTask ReadRoutesAsync(MessageReader reader, AnnounceOk from)
    {
        live.Cost = (await connection.Setup!.WaitAsync(connection.Over).ConfigureAwait(false)).Cost ?? 1;
        var known = new NumberedAnnouncements();
        _looped = null;
        OnRead(0, from);
        for (var read = 0UL; await reader.ReadAnnounceResponseAsync().ConfigureAwait(false) is { } message; OnRead(read, from))
        {
            if (message.Start is { } start)
            {
                if (known.Count >= connection.Limits.Announcements)
                    throw live.TooMany();
                known.Add(start.Suffix);
                read++;
                Begin(start);
            }
            else if (message.Update is { } update)
            {
                if (!known.TryFind(update.Id, out var path))
                    throw Violation($"changed announcement {update.Id}, which is not live");
                Change(path, update.Route);
            }
            else if (message.End is { } end)
            {
                if (!known.TryRemove(end.Id, out var path))
                    throw Violation($"withdrew announcement {end.Id}, which is not live");
                _looped?.Remove(path);
                live.End(path);
            }
        }
    }

    /// <summary>Records that a number of announcements have been read, which may be all of those that the peer had.</summary>
    private void OnRead(ulong announcements, AnnounceOk from)
    {
        if (connection.Version.HasSetup && announcements >= from.ActiveCount)
            connection.CaughtUp.TrySet(true);
    }

    /// <summary>Begins a route, unless it leads through this side.</summary>
    private void Begin(AnnounceStart start)
    {
        var route = live.RouteOf(start.Route);
        var isNew = _looped?.Contains(start.Suffix) != true
            && (route is null ? !live.IsLive(start.Suffix) && (_looped ??= []).Add(start.Suffix) : live.TryBegin(start.Suffix, route));
        if (!isNew)
            throw Violation($"announced '{start.Suffix}' twice");
    }

    /// <summary>Changes a route, which begins if it was not live, or ends it if it leads through this side.</summary>
    private void Change(BroadcastPath path, Route announced)
    {
        if (live.RouteOf(announced) is { } route)
        {
            _looped?.Remove(path);
            live.Change(path, route);
        }
        else
        {
            (_looped ??= []).Add(path);
            live.End(path);
        }
    }

    private static MoqProtocolException Violation(string what) =>
        new(MoqErrorCode.ProtocolViolation, $"The peer {what}.") { ClosesSession = true };

    private static BroadcastEnd SessionEnded(MoqErrorCode code) => new(BroadcastEndCause.SessionEnded, code);
}
