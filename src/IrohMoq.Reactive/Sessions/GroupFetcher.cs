using System.Collections.Immutable;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Fetches single groups of one broadcast from the peer that has announced it. The properties of a track, which are needed to read its
/// frames, are requested once for each track. This type is thread-safe. See moq-lite, "FETCH".
/// </summary>
internal sealed class GroupFetcher(MoqConnection announcer, BroadcastPath path, BroadcastProducer broadcast)
{
    /// <summary>The maximum number of tracks whose properties are remembered.</summary>
    private const int MaxKnown = 256;

    private static readonly ImmutableDictionary<string, TrackProperties> None =
        ImmutableDictionary.Create<string, TrackProperties>(StringComparer.Ordinal);

    private ImmutableDictionary<string, TrackProperties> _known = None;

    /// <summary>
    /// Gets the current connection of the session with the peer, which may not be the one that has announced the broadcast. One that has
    /// replaced a connection that one side asked the other one to leave may lead to another program, with other content.
    /// </summary>
    private MoqConnection Connection => !announcer.MayRequest && announcer.Host?.Current is { } other && MayFetchFrom(other)
        ? other
        : announcer;

    /// <summary>Requests one group, as <see cref="ITrackProvider.FetchAsync"/> does.</summary>
    public async ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, CancellationToken cancellationToken)
    {
        var wanted = new WantedGroup(track, sequence, options, $"group {sequence} of track '{track}' of '{path}'");
        for (var connection = Connection; ;)
        {
            try
            {
                return await FetchAsync(connection, wanted, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (MakesWay(connection, failure))
            {
                if (await NextInTimeAsync(connection, cancellationToken).ConfigureAwait(false) is { } next)
                    connection = next;
                else if (failure is MoqException)
                    throw;
                else
                    throw await FailureAsync(connection, wanted.Name, failure).ConfigureAwait(false);
            }
            catch (TransportStreamException failure)
            {
                throw await FailureAsync(connection, wanted.Name, failure).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Forgets the properties of a track, because a group could not be read by them. See moq-lite-06, "TRACK_INFO".
    /// </summary>
    public void Forget(string track) => ImmutableInterlocked.TryRemove(ref _known, track, out _);

    /// <summary>
    /// Returns the request of a group from the first wanted frame on that is not here, and the number of frames to skip: before moq-lite-06
    /// the whole group is requested.
    /// </summary>
    public (Fetch Request, int Skip) RequestOf(WantedGroup wanted, int received, MoqVersion version)
    {
        var first = wanted.Options.FirstFrame + received;
        var request = new Fetch(path, wanted.Track, wanted.Options.Priority, wanted.Sequence);
        return version.HasRoutes
            ? (request with { FrameStart = (ulong)first, FrameEnd = (ulong?)wanted.Options.LastFrame }, 0)
            : (request, first);
    }

    /// <summary>
    /// Waits until another connection of the session has taken the place of one, and returns it; or null if the session ends, or if the
    /// other connection leads to other content.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public async ValueTask<MoqConnection?> NextAsync(MoqConnection from, CancellationToken cancellationToken)
    {
        while (from.Host is { } host && await host.NextAsync(from, cancellationToken).ConfigureAwait(false) is { } next)
        {
            if (!next.Version.HasFetch)
                return null;
            if (!from.IsLeaving && from.Host == next.Host)
                return next;
            using var limit = next.Runtime.Limit(next.Limits.Handover, cancellationToken);
            using var lost = next.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
            try
            {
                // It may lead to another program.
                var found = await next.Announced.WaitAsync(path, limit.Token).ConfigureAwait(false);
                return found.Route.HasOriginOf(broadcast.Route) ? next : null;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                if (next.IsOpen)
                    return null;
            }
        }

        return null;
    }

    /// <summary>Determines whether a request has failed because its connection has ended, or the peer asks this side to leave it.</summary>
    private static bool MakesWay(MoqConnection connection, Exception failure) => failure switch
    {
        TransportClosedException => true,
        MoqStreamException { Code: var code } => code == MoqErrorCode.GoingAway && connection.Goaway.IsReceived,
        TransportStreamException refused =>
            connection.Goaway.IsReceived && refused.ProtocolCode(connection.Version) == MoqErrorCode.GoingAway,
        _ => false,
    };

    private async ValueTask<MoqConnection?> NextInTimeAsync(MoqConnection from, CancellationToken cancellationToken)
    {
        using var limit = from.Runtime.Limit(from.Limits.SubscribeAnswer, cancellationToken);
        try
        {
            return await NextAsync(from, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            return null;
        }
    }

    /// <summary>Requests the properties of a track, as <see cref="ITrackProvider.PropertiesAsync"/> does.</summary>
    public async ValueTask<TrackProperties?> PropertiesAsync(string track, CancellationToken cancellationToken)
    {
        var connection = Connection;
        try
        {
            return connection.Version.HasTrackInfo ? await RequestAsync(connection, track, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            throw await FailureAsync(connection, $"track '{track}' of '{path}'", failure).ConfigureAwait(false);
        }
    }

    private bool MayFetchFrom(MoqConnection other) =>
        !announcer.IsLeaving || (other.Announced.Find(path) is { } found && found.Route.HasOriginOf(broadcast.Route));

    /// <summary>Returns the exception for a request whose stream has failed.</summary>
    private static async ValueTask<MoqException> FailureAsync(MoqConnection connection, string name, Exception failure)
    {
        if (failure is not TransportStreamException refused)
            return connection.ClosedException(await connection.WhenEndedAsync().ConfigureAwait(false));
        var code = refused.ProtocolCode(connection.Version);
        return new MoqStreamException(code, $"The publisher does not send {name}, with code {code}.", refused.IsRemote);
    }

    private async ValueTask<GroupConsumer> FetchAsync(MoqConnection connection, WantedGroup wanted, CancellationToken cancellationToken)
    {
        if (!connection.Version.HasFetch)
        {
            return await SubscribedGroup.ReadAsync(
                connection, path, broadcast, wanted.Track, wanted.Sequence, wanted.Options, cancellationToken).ConfigureAwait(false);
        }

        var properties = await PropertiesAsync(connection, wanted.Track, cancellationToken).ConfigureAwait(false);
        var received = broadcast.NewFetchedTrack(wanted.Track);
        received.State.Apply(properties);
        return await new GroupFetch(this, received, wanted).BeginAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the properties of a track, which are known if the track is read.</summary>
    private async ValueTask<TrackProperties> PropertiesAsync(MoqConnection connection, string track, CancellationToken cancellationToken)
    {
        if (broadcast.Find(track)?.State is { } read)
        {
            lock (read.Gate)
            {
                if (read.Received is { IsDescribed: true })
                    return TrackProperties.Of(read);
            }
        }

        return await RequestAsync(connection, track, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<TrackProperties> RequestAsync(MoqConnection connection, string track, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _known).TryGetValue(track, out var known))
            return known;
        var request = new SubscribeRequest(connection, $"track '{track}' of '{path}'");
        var stream = await request.OpenAsync(cancellationToken).ConfigureAwait(false);
        var info = await request.ReadInfoAsync(stream, new TrackRequest(path, track), cancellationToken).ConfigureAwait(false);
        var properties = SubscriptionTerms.PropertiesOf(info);
        ImmutableInterlocked.Update(
            ref _known,
            static (known, read) => (known.Count < MaxKnown ? known : None).SetItem(read.Track, read.Properties),
            (Track: track, Properties: properties));
        return properties;
    }
}
