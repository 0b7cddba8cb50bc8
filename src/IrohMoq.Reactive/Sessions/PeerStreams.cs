using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Accepts the streams of the peer and serves each by its type. Streams are independent: a stream that stalls, fails or is malformed
/// does not delay another stream and does not end the connection.
/// </summary>
internal sealed class PeerStreams(MoqConnection connection, CancellationToken over) : IDisposable
{
    private readonly GroupSubscribers _groups = new(connection);
    private readonly UsedIds _ids = new();
    private int _subscriptions;
    private int _probes;
    private int _fetches;
    private int _infos;

    /// <summary>Releases the pooled objects and the timer.</summary>
    public void Dispose() => _groups.Dispose();

    /// <summary>Accepts and serves bidirectional streams until the connection is over.</summary>
    public async Task AcceptBidiAsync()
    {
        try
        {
            while (true)
            {
                var stream = await connection.AcceptBidiAsync().ConfigureAwait(false);
                // The method handles every failure itself.
                _ = ServeAsync(stream);
            }
        }
        catch (TransportClosedException)
        {
            // The end of the connection tells the reason.
        }
    }

    /// <summary>Accepts and processes group streams until the connection ends.</summary>
    public async Task AcceptUniAsync()
    {
        try
        {
            while (true)
            {
                var stream = await connection.Transport.AcceptUniAsync().ConfigureAwait(false);
                // The method handles every failure itself: a task to observe it would cost more than a small group.
                _ = _groups.Rent().RunAsync(stream);
            }
        }
        catch (TransportClosedException)
        {
            // The end of the connection tells the reason.
        }
    }

    private async Task ServeAsync(BidiStream stream)
    {
        try
        {
            using var reader = new MessageReader(stream.Receive, connection.Version);
            // A stream whose type does not arrive in time is refused.
            using var limit = connection.Runtime.Limit(connection.Limits.FirstMessage, over);
            switch (await reader.ReadTypeAsync(limit.Token).ConfigureAwait(false))
            {
                case (ulong)BidiStreamType.Announce:
                    await AnnouncePublisher.ServeAsync(stream, reader, connection, over).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Subscribe:
                    await ServeSubscriptionAsync(stream, reader, limit).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Probe:
                    await ServeProbeAsync(stream, reader).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Track when connection.Version.HasTrackInfo:
                    await ServeTrackInfoAsync(stream, reader, limit).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Goaway when connection.Version.HasGoaway:
                    await connection.Goaway.ReceiveAsync(stream, reader, limit).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Fetch when connection.Version.HasFetch:
                    await ServeFetchAsync(stream, reader, limit).ConfigureAwait(false);
                    break;
                case (ulong)BidiStreamType.Fetch:
                    stream.Refuse(MoqErrorCode.Unsupported, connection.Version);
                    break;
                default:
                    stream.Refuse(MoqErrorCode.Cancel, connection.Version);
                    break;
            }
        }
        catch (Exception failure)
        {
            connection.GiveUp(stream, failure);
        }
    }

    private async ValueTask ServeProbeAsync(BidiStream stream, MessageReader reader)
    {
        try
        {
            if (Interlocked.Increment(ref _probes) > connection.Limits.ProbeStreams)
                throw TooMany(connection.Limits.ProbeStreams, "PROBE streams");
            await ProbeResponder.ServeAsync(stream, reader, connection, over).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _probes);
        }
    }

    private async ValueTask ServeTrackInfoAsync(BidiStream stream, MessageReader reader, TimeLimit limit)
    {
        try
        {
            // A subscriber requests the properties of each track to which it subscribes.
            if (Interlocked.Increment(ref _infos) > connection.Limits.Subscriptions)
                throw NoCapacity(connection.Limits.Subscriptions, "TRACK streams");
            await TrackInfoPublisher.ServeAsync(stream, reader, connection, limit.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _infos);
        }
    }

    private async ValueTask ServeFetchAsync(BidiStream stream, MessageReader reader, TimeLimit limit)
    {
        connection.Carried.Increment();
        try
        {
            if (Interlocked.Increment(ref _fetches) > connection.Limits.Fetches)
                throw NoCapacity(connection.Limits.Fetches, "FETCH streams");
            await new FetchPublisher(stream, reader, connection).RunAsync(limit, over).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _fetches);
            connection.Carried.Decrement();
        }
    }

    private async ValueTask ServeSubscriptionAsync(BidiStream stream, MessageReader reader, TimeLimit limit)
    {
        if (Interlocked.Increment(ref _subscriptions) > connection.Limits.Subscriptions)
        {
            Interlocked.Decrement(ref _subscriptions);
            throw NoCapacity(connection.Limits.Subscriptions, "subscriptions");
        }

        connection.Carried.Increment();
        try
        {
            if (await reader.ReadAsync<Subscribe>(limit.Token).ConfigureAwait(false) is not { } subscribe)
                throw MessageFraming.Truncated(Subscribe.Name, 0);
            limit.Dispose();
            if (!_ids.TryUse(subscribe.Id))
            {
                throw new MoqProtocolException(
                    MoqErrorCode.ProtocolViolation, $"The peer has used the subscription id {subscribe.Id} before.");
            }

            await new TrackPublisher(connection, stream, reader, subscribe, over).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _subscriptions);
            connection.Carried.Decrement();
        }
    }

    private static MoqStreamException TooMany(int limit, string what) =>
        new(MoqErrorCode.BoundsExceeded, $"The peer has more than {limit} {what} at once.", isRemote: true);

    /// <summary>Returns the refusal of a request that another source may serve. It is this side that has no capacity.</summary>
    private static MoqStreamException NoCapacity(int limit, string what) =>
        new(MoqErrorCode.NoCapacity, $"The peer has more than {limit} {what} at once.");
}
