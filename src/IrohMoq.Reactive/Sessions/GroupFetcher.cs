using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Fetches single groups of one broadcast from the peer that has announced it. The properties of a track, which are needed to read its
/// frames, are requested once for each track. This type is thread-safe. See moq-lite, "FETCH".
/// </summary>
internal sealed class GroupFetcher(MoqConnection announcer, BroadcastPath path, BroadcastProducer broadcast) : IGroupFetcher
{
    /// <summary>The maximum number of tracks whose properties are remembered.</summary>
    private const int MaxKnown = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _timescales = new(StringComparer.Ordinal);

    public async ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, CancellationToken cancellationToken)
    {
        // The session may have continued over another connection.
        var connection = announcer.IsOpen ? announcer : announcer.Host?.Current ?? announcer;
        var name = $"group {sequence} of track '{track}' of '{path}'";
        try
        {
            if (!connection.Version.HasFetch)
            {
                return await SubscribedGroup.ReadAsync(connection, path, broadcast, track, sequence, options, cancellationToken)
                    .ConfigureAwait(false);
            }

            var timescale = await TimescaleAsync(connection, track, cancellationToken).ConfigureAwait(false);
            var hasFrames = connection.Version.HasRoutes;
            var request = new Fetch(path, track, options.Priority, sequence, hasFrames ? (ulong)options.FirstFrame : 0);
            var stream = await new SubscribeRequest(connection, name).OpenAsync(cancellationToken).ConfigureAwait(false);
            var received = broadcast.NewFetchedTrack(track);
            received.State.Timescale = timescale;
            return await new GroupFetch(connection, received, name)
                .BeginAsync(stream, request, hasFrames ? 0 : options.FirstFrame, cancellationToken).ConfigureAwait(false);
        }
        catch (MoqProtocolException)
        {
            lock (_gate)
                _timescales.Remove(track);
            throw;
        }
        catch (TransportStreamException failure)
        {
            var code = failure.ProtocolCode(connection.Version);
            throw new MoqStreamException(code, $"The publisher does not send {name}, with code {code}.", isRemote: true);
        }
        catch (TransportClosedException)
        {
            throw MoqConnection.ClosedException(await connection.WhenEndedAsync().ConfigureAwait(false));
        }
    }

    /// <summary>Returns the number of units per second of the timestamps of a track.</summary>
    private async ValueTask<long> TimescaleAsync(MoqConnection connection, string track, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_timescales.TryGetValue(track, out var known))
                return known;
        }

        if (broadcast.Find(track)?.State is { } read)
        {
            lock (read.Gate)
            {
                if (read.Received is { IsDescribed: true })
                    return read.Timescale;
            }
        }

        var request = new SubscribeRequest(connection, $"track '{track}' of '{path}'");
        var stream = await request.OpenAsync(cancellationToken).ConfigureAwait(false);
        var info = await request.ReadInfoAsync(stream, new TrackRequest(path, track), cancellationToken).ConfigureAwait(false);
        var timescale = (long)Math.Min(info.Timescale, long.MaxValue);
        lock (_gate)
        {
            if (_timescales.Count >= MaxKnown)
                _timescales.Clear();
            _timescales[track] = timescale;
        }

        return timescale;
    }
}
