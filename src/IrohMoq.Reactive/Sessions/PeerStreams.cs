using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Accepts the peer's streams and gives each to whoever serves its type. Every stream goes its own way: one that stalls, fails or lies
/// holds up no other and never ends the session.
/// </summary>
internal sealed class PeerStreams(MoqConnection connection, CancellationToken over) : IDisposable
{
    private readonly GroupSubscribers _groups = new(connection);
    private int _served;
    private int _probes;

    /// <summary>No stream comes any more.</summary>
    public void Dispose() => _groups.Dispose();

    public async Task AcceptBidiAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await connection.AcceptBidiAsync().ConfigureAwait(false));
        }
        catch (TransportClosedException)
        {
            // The session's end tells why.
        }
    }

    public async Task AcceptUniAsync()
    {
        try
        {
            while (true)
            {
                var stream = await connection.Transport.AcceptUniAsync().ConfigureAwait(false);
                _ = _groups.Rent().RunAsync(stream);
            }
        }
        catch (TransportClosedException)
        {
            // The session's end tells why.
        }
    }

    private async Task ServeAsync(BidiStream stream)
    {
        try
        {
            using var reader = new MessageReader(stream.Receive, connection.Version);
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
                case (ulong)BidiStreamType.Fetch:
                    stream.Refuse(MoqErrorCode.Unsupported);
                    break;
                default:
                    stream.Refuse(MoqErrorCode.Cancel);
                    break;
            }
        }
        catch (MoqException failure)
        {
            connection.Log.StreamRefused(connection.RemoteName, failure.Code, failure.Message);
            stream.Refuse(failure.Code);
        }
        catch (OperationCanceledException)
        {
            // The stream never said what it is.
            stream.Refuse(MoqErrorCode.Cancel);
        }
        catch (TransportStreamException failure)
        {
            // The peer gave up one direction; the other one is of no use any more.
            stream.Refuse(failure.ProtocolCode());
        }
        catch (TransportClosedException)
        {
            // The session's end tells why.
        }
        catch (Exception fault)
        {
            connection.Log.StreamFailed(connection.RemoteName, fault);
            stream.Refuse(MoqErrorCode.Transport);
        }
    }

    private async ValueTask ServeProbeAsync(BidiStream stream, MessageReader reader)
    {
        try
        {
            if (Interlocked.Increment(ref _probes) > connection.Limits.ProbeStreams)
                throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"The peer has more than {connection.Limits.ProbeStreams} PROBE streams at once.", isRemote: true);
            await ProbeResponder.ServeAsync(stream, reader, connection, over).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _probes);
        }
    }

    private async ValueTask ServeSubscriptionAsync(BidiStream stream, MessageReader reader, TimeLimit limit)
    {
        if (Interlocked.Increment(ref _served) > connection.Limits.Subscriptions)
        {
            Interlocked.Decrement(ref _served);
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"The peer has more than {connection.Limits.Subscriptions} subscriptions at once.", isRemote: true);
        }

        connection.Carried.Increment();
        try
        {
            if (await reader.ReadAsync<Subscribe>(limit.Token).ConfigureAwait(false) is not { } subscribe)
                throw MessageFraming.Truncated(Subscribe.Name, 0);
            limit.Dispose();
            await new TrackPublisher(connection, stream, reader, subscribe, over).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _served);
            connection.Carried.Decrement();
        }
    }
}
