using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves an ANNOUNCE stream: announces to the peer the broadcasts that are published below the requested prefix, and every change,
/// until the peer ends its side of the stream. The stream stays open while there is nothing to announce, because its end would mean
/// that no announcement will follow. A broadcast that has come through the peer is not announced to it. See moq-lite, "Announce".
/// </summary>
internal sealed class AnnouncePublisher
{
    private readonly BidiStream _stream;
    private readonly MessageReader _reader;
    private readonly MoqConnection _connection;
    // The broadcasts that the peer knows of, with their routes, and the numbers of their announcements in moq-lite-06.
    private readonly Dictionary<BroadcastPath, (ulong Id, Route Route)> _announced = [];
    private BroadcastPath _prefix;
    private ulong _peerHop;
    private ulong _nextId;

    private AnnouncePublisher(BidiStream stream, MessageReader reader, MoqConnection connection)
    {
        _stream = stream;
        _reader = reader;
        _connection = connection;
    }

    private MoqVersion Version => _connection.Version;

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

            await new AnnouncePublisher(stream, reader, connection).RunAsync(over).ConfigureAwait(false);
        }
        finally
        {
            connection.CountAnnounceStreams(-1);
        }
    }

    private async ValueTask RunAsync(CancellationToken over)
    {
        using (var limit = _connection.Runtime.Limit(_connection.Limits.FirstMessage, over))
        {
            if (await _reader.ReadAsync<AnnounceRequest>(limit.Token).ConfigureAwait(false) is not { } request)
            {
                _stream.Send.Finish();
                return;
            }

            _prefix = request.Prefix;
            _peerHop = request.ExcludeHop;
            // The peer does not state its id in the request from moq-lite-06 on.
            if (Version.HasRoutes)
                _peerHop = (await _connection.Setup!.WaitAsync(limit.Token).ConfigureAwait(false)).Hop;
        }

        using var announcements = _connection.Local.OpenAnnouncements(_prefix, includeRoutes: Version.HasSetup);
        _connection.AnnounceOrder.Add(announcements);
        using var stop = over.UnsafeRegister(static cursor => ((AnnounceCursor)cursor!).Stop(), announcements);
        var watching = WatchAsync(announcements);
        try
        {
            if (Version.HasSetup)
                await AnnounceFirstAsync(announcements).ConfigureAwait(false);
            do
            {
                while (announcements.TryNext(out var announcement))
                {
                    await AnnounceAsync(announcement).ConfigureAwait(false);
                    _connection.AnnounceOrder.OnWritten();
                }

                _connection.AnnounceOrder.OnWritten();
                _connection.HasAnnouncedAll.TrySet(true);
            }
            while (await announcements.WaitAsync(CancellationToken.None).ConfigureAwait(false));

            // The peer has ended its side, or the session is over and its connection will be closed soon.
            _stream.Send.Finish();
        }
        finally
        {
            // The watch task ends when the peer or the connection ends the stream.
            _stream.Receive.Stop(MoqErrorCode.Cancel, Version);
            _connection.AnnounceOrder.Remove(announcements);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Tells the peer how many broadcasts there are, and announces them.</summary>
    private async ValueTask AnnounceFirstAsync(AnnounceCursor announcements)
    {
        var first = announcements.TakeLive().Where(IsWanted).ToArray();
        await WriteAsync(new AnnounceOk(_connection.Hop, (ulong)first.Length)).ConfigureAwait(false);
        foreach (var announcement in first)
            await AnnounceAsync(announcement).ConfigureAwait(false);
    }

    /// <summary>Announces a broadcast that began or has another route, or its end, as far as the peer is to know of it.</summary>
    private async ValueTask AnnounceAsync(Announcement announcement)
    {
        var isWanted = announcement.IsActive && IsWanted(announcement);
        announcement.Path.TryStripPrefix(_prefix, out var suffix);
        if (_announced.TryGetValue(announcement.Path, out var known))
        {
            if (!isWanted)
                await EndAsync(announcement.Path, suffix, known.Id).ConfigureAwait(false);
            else
                await ChangeAsync(announcement, suffix, known).ConfigureAwait(false);
        }
        else if (isWanted)
        {
            await BeginAsync(announcement, suffix).ConfigureAwait(false);
        }
    }

    private ValueTask BeginAsync(Announcement announcement, BroadcastPath suffix)
    {
        var route = RouteOf(announcement);
        _connection.HasAnnounced = true;
        _announced[announcement.Path] = (_nextId++, route);
        return Version.HasRoutes
            ? WriteAsync(new AnnounceStart(suffix, route))
            : WriteAsync(new Announce(true, suffix, HopsOf(route)));
    }

    /// <summary>
    /// Announces another route of a broadcast that the peer knows. The peer is not told of what its version cannot tell apart: moq-lite-05
    /// has no costs, and before it a second announcement of a name is an error.
    /// </summary>
    private ValueTask ChangeAsync(Announcement announcement, BroadcastPath suffix, (ulong Id, Route Route) known)
    {
        var route = RouteOf(announcement);
        _announced[announcement.Path] = (known.Id, route);
        if (Version.HasRoutes)
            return route == known.Route ? default : WriteAsync(new AnnounceUpdate(known.Id, route));
        return Version.HasSetup && route.Hops != known.Route.Hops ? WriteAsync(new Announce(true, suffix, HopsOf(route))) : default;
    }

    private ValueTask EndAsync(BroadcastPath path, BroadcastPath suffix, ulong id)
    {
        _announced.Remove(path);
        return Version.HasRoutes ? WriteAsync(new AnnounceEnd(id)) : WriteAsync(new Announce(false, suffix));
    }

    private ValueTask WriteAsync<T>(T message)
        where T : struct, IMessage<T> =>
        _stream.Send.WriteAsync(message, Version, CancellationToken.None);

    /// <summary>
    /// Determines whether the peer is to know of a broadcast. It does not need one that it has forwarded itself, nor one with so many hops
    /// that another one cannot be added; and a prefix below which broadcasts can be requested has no place before moq-lite-06.
    /// </summary>
    private bool IsWanted(Announcement announcement)
    {
        var hops = announcement.Route.Ids;
        if (announcement.Broadcast.Producer.IsOffer && !Version.HasRoutes)
            return false;
        return hops.Length < WireLimits.MaxHops && (_peerHop == 0 || !hops.Contains(_peerHop));
    }

    private static Route RouteOf(Announcement announcement)
    {
        var route = announcement.Route;
        return new Route(new HopPath(route.Ids), route.WarmCost, route.ColdCost);
    }

    /// <summary>
    /// Returns the hops as the version sends them: up to moq-lite-04 this side is the last one, although only their number is sent in
    /// moq-lite-03; from moq-lite-05 on, ANNOUNCE_OK contains the id of this side.
    /// </summary>
    private HopPath HopsOf(Route route) => Version.HasSetup ? route.Hops : route.Hops.Append(_connection.Hop);

    /// <summary>Stops the announcements when the peer or the connection ends the stream.</summary>
    private async Task WatchAsync(AnnounceCursor announcements)
    {
        try
        {
            while (await _reader.ReadAsync<AnnounceRequest>().ConfigureAwait(false) is not null)
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
