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
    // The broadcasts that the peer knows of, with the numbers of their announcements in moq-lite-06 and the routes. Created on demand.
    private Dictionary<BroadcastPath, (ulong Id, BroadcastRoute Route)>? _announced;
    private BroadcastPath _prefix;
    // Null before moq-lite-06, in which a name above the prefix is none of those that the peer has requested, and without a prefix.
    private CoveringRoutes? _covering;
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
    public static ValueTask ServeAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over) =>
        new AnnouncePublisher(stream, reader, connection).RunAsync(over);

    private async ValueTask RunAsync(CancellationToken over)
    {
        try
        {
            if (_connection.CountAnnounceStreams(1) > _connection.Limits.AnnounceStreams)
            {
                throw new MoqStreamException(
                    MoqErrorCode.BoundsExceeded,
                    $"The peer has more than {_connection.Limits.AnnounceStreams} ANNOUNCE streams at once.",
                    isRemote: true);
            }

            if (await ReadRequestAsync(over).ConfigureAwait(false))
                await AnnounceAllAsync(over).ConfigureAwait(false);
            else
                _stream.Send.Finish();
        }
        finally
        {
            _connection.CountAnnounceStreams(-1);
        }
    }

    /// <summary>Reads which broadcasts the peer wants to know.</summary>
    /// <returns>False if the peer has ended the stream instead.</returns>
    private async ValueTask<bool> ReadRequestAsync(CancellationToken over)
    {
        using var limit = _connection.Runtime.Limit(_connection.Limits.FirstMessage, over);
        if (await _reader.ReadAsync<AnnounceRequest>(limit.Token).ConfigureAwait(false) is not { } request)
            return false;
        _prefix = request.Prefix;
        // From moq-lite-06 on, the peer states its id in its options instead.
        if (!Version.HasRoutes)
            _connection.Requester.Hop = request.ExcludeHop;
        else
            await _connection.Setup!.WaitAsync(limit.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>Announces what is published, and every change, until the peer ends its side or the session is over.</summary>
    private async ValueTask AnnounceAllAsync(CancellationToken over)
    {
        // Nothing is above the prefix of all names.
        var hasAbove = Version.HasRoutes && !_prefix.IsEmpty;
        _covering = hasAbove ? new CoveringRoutes(_prefix, announcement => RouteOf(announcement, kept: null)) : null;
        using var announcements = _connection.Local.OpenAnnouncementsForPeer(_prefix, includesAbove: hasAbove);
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
        var first = new List<(BroadcastPath Path, BroadcastRoute Route)>();
        foreach (var announcement in announcements.TakeLive())
        {
            if (_covering?.Contains(announcement.Path) is true)
                _covering.Apply(announcement);
            else if (RouteOf(announcement, kept: null) is { } route)
                first.Add((announcement.Path, route));
        }

        if (_covering?.Choose() is { } covering)
            first.Insert(0, (_prefix, covering));
        await WriteAsync(new AnnounceOk(_connection.Hop, (ulong)first.Count)).ConfigureAwait(false);
        foreach (var (path, route) in first)
            await BeginAsync(path, route).ConfigureAwait(false);
    }

    /// <summary>Tells the peer of a change, if it concerns the peer.</summary>
    private ValueTask AnnounceAsync(Announcement announcement)
    {
        var path = announcement.Path;
        if (_covering?.Contains(path) is true)
            return AnnounceCoveringAsync(_covering, announcement);
        var isKnown = TryFind(path, out var known);
        // A change of the route would end the broadcast at the peer.
        var kept = Version.HasHops && !Version.HasSetup ? known.Route : null;
        if (!announcement.IsActive || RouteOf(announcement, kept) is not { } route)
            return isKnown ? EndAsync(path, known.Id) : default;
        if (!isKnown)
            return BeginAsync(path, route);
        return known.Route.Equals(route) ? default : ChangeAsync(path, known, route);
    }

    /// <summary>
    /// Tells the peer of a change at or above the prefix, all of which is one announcement. When what was announced has ended, another
    /// route is a beginning: the peer must not take other content for the same.
    /// </summary>
    private async ValueTask AnnounceCoveringAsync(CoveringRoutes covering, Announcement announcement)
    {
        covering.Apply(announcement);
        var isKnown = TryFind(_prefix, out var known);
        var hasEnded = !announcement.IsActive && announcement.Path == covering.Announced;
        var route = covering.Choose();
        if (isKnown && (hasEnded || route is null))
            await EndAsync(_prefix, known.Id).ConfigureAwait(false);
        if (route is null)
            return;
        if (!isKnown || hasEnded)
            await BeginAsync(_prefix, route).ConfigureAwait(false);
        else if (!known.Route.Equals(route))
            await ChangeAsync(_prefix, known, route).ConfigureAwait(false);
    }

    /// <summary>Returns the announcement of a broadcast of which the peer knows.</summary>
    private bool TryFind(BroadcastPath path, out (ulong Id, BroadcastRoute Route) known)
    {
        known = default;
        return _announced is not null && _announced.TryGetValue(path, out known);
    }

    private ValueTask BeginAsync(BroadcastPath path, BroadcastRoute route)
    {
        _connection.HasAnnounced = true;
        (_announced ??= [])[path] = (_nextId++, route);
        return WriteBeginningAsync(path, route);
    }

    private ValueTask WriteBeginningAsync(BroadcastPath path, BroadcastRoute route) => Version.HasRoutes
        ? WriteAsync(new AnnounceStart(SuffixOf(path), ToWire(route)))
        : WriteAsync(new Announce(true, SuffixOf(path), HopsOf(route)));

    private ValueTask EndAsync(BroadcastPath path, ulong id)
    {
        _announced!.Remove(path);
        return Version.HasRoutes ? WriteAsync(new AnnounceEnd(id)) : WriteAsync(new Announce(false, SuffixOf(path)));
    }

    /// <summary>
    /// Tells the peer of another route. In moq-lite-05 a second beginning does that. In moq-lite-04 the broadcast has to end and begin
    /// anew: a peer that knows other hops could not recognize a loop, or would take for one what is none. moq-lite-03 does not send the
    /// hops.
    /// </summary>
    private async ValueTask ChangeAsync(BroadcastPath path, (ulong Id, BroadcastRoute Route) known, BroadcastRoute route)
    {
        _announced![path] = (known.Id, route);
        if (Version.HasRoutes)
        {
            // The peer could not tell them apart if another offer had the same route.
            if (ToWire(known.Route) != ToWire(route))
                await WriteAsync(new AnnounceUpdate(known.Id, ToWire(route))).ConfigureAwait(false);
        }
        else if (Version.HasHops && !known.Route.HasHopsOf(route))
        {
            if (!Version.HasSetup)
                await WriteAsync(new Announce(false, SuffixOf(path))).ConfigureAwait(false);
            await WriteBeginningAsync(path, route).ConfigureAwait(false);
        }
    }

    private ValueTask WriteAsync<T>(T message)
        where T : struct, IMessage<T> =>
        _stream.Send.WriteAsync(message, Version, CancellationToken.None);

    /// <summary>
    /// Returns the route to announce, or null if the peer is not to know of a broadcast. It does not need one that it has forwarded
    /// itself, nor one with so many hops that another one cannot be added; and a prefix below which broadcasts can be requested has no
    /// place before moq-lite-06.
    /// </summary>
    private BroadcastRoute? RouteOf(Announcement announcement, BroadcastRoute? kept)
    {
        var broadcast = announcement.Broadcast.Producer;
        if (broadcast.IsOffer && !Version.HasRoutes)
            return null;
        return broadcast.RouteTo(_connection.Requester, kept) is { } route && route.Ids.Length < WireLimits.MaxHops ? route : null;
    }

    private BroadcastPath SuffixOf(BroadcastPath path)
    {
        path.TryStripPrefix(_prefix, out var suffix);
        return suffix;
    }

    private static Route ToWire(BroadcastRoute route) => new(new HopPath(route.Ids), route.WarmCost, route.ColdCost);

    /// <summary>
    /// Returns the hops as the version sends them: up to moq-lite-04 this side is the last one, although only their number is sent in
    /// moq-lite-03; from moq-lite-05 on, ANNOUNCE_OK contains the id of this side.
    /// </summary>
    private HopPath HopsOf(BroadcastRoute route)
    {
        var hops = new HopPath(route.Ids);
        return Version.HasSetup ? hops : hops.Append(_connection.Hop);
    }

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
        catch (MoqProtocolException wrong)
        {
            _connection.GiveUp(_stream, wrong);
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
