using System.Collections.Immutable;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Fetches single groups of one broadcast from the peer that has announced it. The properties of a track, which are needed to read its
/// frames, are requested once for each track. This type is thread-safe. See moq-lite, "FETCH".
/// </summary>
internal sealed class GroupFetcher(MoqConnection announcer, BroadcastPath path, BroadcastProducer broadcast)
    : IGroupFetcher, ITrackInfoSource
{
    /// <summary>The maximum number of tracks whose properties are remembered.</summary>
    private const int MaxKnown = 256;

    private static readonly ImmutableDictionary<string, TrackInfo> None =
        ImmutableDictionary.Create<string, TrackInfo>(StringComparer.Ordinal);

    // Immutable, because a peer may announce thousands of broadcasts from which nothing is fetched.
    private ImmutableDictionary<string, TrackInfo> _known = None;

    /// <summary>
    /// Gets the current connection of the session with the peer, which may not be the one that has announced the broadcast. One that has
    /// replaced a connection that one side asked the other one to leave may lead to another program, with other content.
    /// </summary>
    private MoqConnection Connection => !announcer.MayRequest && announcer.Host?.Current is { } other && MayFetchFrom(other)
        ? other
        : announcer;

    public async ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, IReadingPeer? peer, CancellationToken cancellationToken)
    {
        var connection = Connection;
        var name = $"group {sequence} of track '{track}' of '{path}'";
        try
        {
            return connection.Version.HasFetch
                ? await FetchAsync(connection, track, sequence, name, options, cancellationToken).ConfigureAwait(false)
                : await SubscribedGroup.ReadAsync(connection, path, broadcast, track, sequence, options, cancellationToken)
                    .ConfigureAwait(false);
        }
        catch (MoqProtocolException)
        {
            ImmutableInterlocked.TryRemove(ref _known, track, out _);
            throw;
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            throw await FailureAsync(connection, name, failure).ConfigureAwait(false);
        }
    }

    public async ValueTask<TrackInfo?> InfoAsync(string track, IReadingPeer peer, CancellationToken cancellationToken)
    {
        var connection = Connection;
        try
        {
            return connection.Version.HasTrackInfo ? await InfoAsync(connection, track, cancellationToken).ConfigureAwait(false) : null;
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
            return MoqConnection.ClosedException(await connection.WhenEndedAsync().ConfigureAwait(false));
        var code = refused.ProtocolCode(connection.Version);
        return new MoqStreamException(code, $"The publisher does not send {name}, with code {code}.", refused.IsRemote);
    }

    private async ValueTask<GroupConsumer> FetchAsync(
        MoqConnection connection, string track, ulong sequence, string name, FetchOptions options, CancellationToken cancellationToken)
    {
        var timescale = await TimescaleAsync(connection, track, cancellationToken).ConfigureAwait(false);
        var hasFrames = connection.Version.HasRoutes;
        var request = new Fetch(path, track, options.Priority, sequence, hasFrames ? (ulong)options.FirstFrame : 0);
        var stream = await new SubscribeRequest(connection, name).OpenAsync(cancellationToken).ConfigureAwait(false);
        var received = broadcast.NewFetchedTrack(track);
        received.State.Timescale = timescale;
        return await new GroupFetch(connection, received, name)
            .BeginAsync(stream, request, hasFrames ? 0 : options.FirstFrame, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the number of units per second of the timestamps of a track.</summary>
    private async ValueTask<long> TimescaleAsync(MoqConnection connection, string track, CancellationToken cancellationToken)
    {
        if (broadcast.Find(track)?.State is { } read)
        {
            lock (read.Gate)
            {
                if (read.Received is { IsDescribed: true })
                    return read.Timescale;
            }
        }

        var info = await InfoAsync(connection, track, cancellationToken).ConfigureAwait(false);
        return (long)Math.Min(info.Timescale, long.MaxValue);
    }

    private async ValueTask<TrackInfo> InfoAsync(MoqConnection connection, string track, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _known).TryGetValue(track, out var known))
            return known;
        var request = new SubscribeRequest(connection, $"track '{track}' of '{path}'");
        var stream = await request.OpenAsync(cancellationToken).ConfigureAwait(false);
        var info = await request.ReadInfoAsync(stream, new TrackRequest(path, track), cancellationToken).ConfigureAwait(false);
        ImmutableInterlocked.Update(
            ref _known,
            static (known, read) => (known.Count < MaxKnown ? known : None).SetItem(read.Track, read.Info),
            (Track: track, Info: info));
        return info;
    }
}
