using System.Net;
using System.Net.Quic;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents a connection of System.Net.Quic as the application uses it: its streams and its end.</summary>
internal sealed class QuicTransportConnection : ITransportConnection
{
    private const ulong MaxCode = (1UL << 62) - 1;

    private readonly Lock _gate = new();
    private readonly QuicConnection _connection;
    private readonly ILogger _log;
    private readonly HashSet<QuicStreamHandle> _streams = [];
    private readonly Arrivals<QuicStreamHandle> _incomingUni;
    private readonly Arrivals<QuicStreamHandle> _incomingBidi;
    private readonly StreamOpener _uni;
    private readonly StreamOpener _bidi;
    private readonly Completion<TransportEnd> _closed;
    private readonly IPEndPoint _remote;
    private Task? _disposal;

    /// <param name="connection">The connection, with a complete handshake.</param>
    /// <param name="remoteId">The verified ID of the peer, or an empty value.</param>
    /// <param name="isOutbound">True if this side dialed.</param>
    /// <param name="options">The options of the endpoint.</param>
    /// <param name="log">The log.</param>
    public QuicTransportConnection(
        QuicConnection connection, ReadOnlyMemory<byte> remoteId, bool isOutbound, QuicEndpointOptions options, ILogger log)
    {
        _connection = connection;
        _log = log;
        _remote = connection.RemoteEndPoint;
        RemoteId = remoteId;
        IsOutbound = isOutbound;
        Protocol = Encoding.ASCII.GetString(connection.NegotiatedApplicationProtocol.Protocol.Span);
        Notices = new StreamEndNotices(Runtime);
        // The stream limits of the peer bound the queues: credit is given back only for streams that have ended.
        _incomingUni = new Arrivals<QuicStreamHandle>(Runtime, options.MaxIncomingUniStreams);
        _incomingBidi = new Arrivals<QuicStreamHandle>(Runtime, options.MaxIncomingBidiStreams);
        _uni = new StreamOpener(this, QuicStreamType.Unidirectional);
        _bidi = new StreamOpener(this, QuicStreamType.Bidirectional);
        _closed = new Completion<TransportEnd>(Runtime);
    }

    public ReadOnlyMemory<byte> RemoteId { get; }

    public string Protocol { get; }

    public bool IsOutbound { get; }

    public Task<TransportEnd> Closed => _closed.Task;

    /// <summary>Gets the runtime, which is always the thread pool, on which System.Net.Quic runs.</summary>
    internal static Runtime Runtime => ThreadPoolRuntime.Instance;

    /// <summary>Gets the ends of streams that are being delivered to their observers.</summary>
    internal StreamEndNotices Notices { get; }

    /// <summary>Gets the order of the writes of the unidirectional streams.</summary>
    internal WriteSchedule Writes { get; } = new(Runtime);

    /// <summary>Gets how the connection ended, or null.</summary>
    internal TransportEnd? End { get; private set; }

    public async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        (await _uni.OpenAsync(cancellationToken).ConfigureAwait(false)).Send!;

    public async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) =>
        Both(await _bidi.OpenAsync(cancellationToken).ConfigureAwait(false));

    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        (await _incomingUni.TakeAsync(cancellationToken).ConfigureAwait(false)).Receive!;

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) =>
        Both(await _incomingBidi.TakeAsync(cancellationToken).ConfigureAwait(false));

    public void Close(ulong code, string reason)
    {
        ThrowIfNoCode(code);
        ArgumentNullException.ThrowIfNull(reason);
        if (TryEnd(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: false)))
            _ = DisposeConnectionAsync(code);
    }

    public async ValueTask DisposeAsync()
    {
        Close(0, "");
        await DisposeConnectionAsync(0).ConfigureAwait(false);
    }

    /// <summary>Throws if a code has more than the 62 bits that QUIC can send.</summary>
    internal static void ThrowIfNoCode(ulong code) => ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);

    /// <summary>Begins to accept the streams of the peer, which also detects the end of the connection.</summary>
    internal void Start() => Runtime.Post(() => _ = AcceptAllAsync());

    /// <summary>Throws if this side has ended the connection, so that nothing more is read.</summary>
    internal void ThrowIfClosedHere()
    {
        if (End is { } end && IsClosedHere(end))
            throw new TransportClosedException(end);
    }

    /// <summary>Called when a call of System.Net.Quic has failed because of the end of the connection.</summary>
    /// <returns>The end, which another call may have reported before.</returns>
    internal TransportEnd EndWith(Exception failure)
    {
        TryEnd(ConnectionEnds.From(failure));
        return End!;
    }

    /// <summary>Opens a stream. The call waits for the stream limit of the peer.</summary>
    /// <returns>Null if the connection has ended.</returns>
    internal async ValueTask<QuicStreamHandle?> TryOpenAsync(QuicStreamType type)
    {
        try
        {
            return Add(await _connection.OpenOutboundStreamAsync(type).ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            EndWith(failure);
            return null;
        }
    }

    /// <summary>Disposes a stream whose directions have ended. The peer gets credit for another stream.</summary>
    internal void Release(QuicStreamHandle stream)
    {
        lock (_gate)
            _streams.Remove(stream);
        _log.DisposeInBackground(stream.Stream);
    }

    private static bool IsClosedHere(TransportEnd end) => end is { IsRemote: false, Cause: TransportEndCause.ClosedByApplication };

    private static BidiStream Both(QuicStreamHandle stream) => new(stream.Send!, stream.Receive!);

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
                _ = OfferAsync(Add(await _connection.AcceptInboundStreamAsync().ConfigureAwait(false)));
        }
        catch (Exception failure)
        {
            EndWith(failure);
        }
    }

    /// <summary>
    /// Offers a stream of the peer to the application when its first byte, its end or a reset has arrived: a stream also appears when a
    /// later one has begun.
    /// </summary>
    private async Task OfferAsync(QuicStreamHandle stream)
    {
        try
        {
            await stream.Stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The application gets the failure, whatever it is, from its first read.
        }

        (stream.Send is null ? _incomingUni : _incomingBidi).TryAdd(stream);
    }

    private QuicStreamHandle Add(QuicStream stream)
    {
        var handle = new QuicStreamHandle(this, stream);
        lock (_gate)
        {
            if (_disposal is null)
            {
                _streams.Add(handle);
                return handle;
            }
        }

        _log.DisposeInBackground(stream);
        return handle;
    }

    private bool TryEnd(TransportEnd end)
    {
        lock (_gate)
        {
            if (End is not null)
                return false;
            End = end;
        }

        _uni.End(end);
        _bidi.End(end);
        // If this side ended the connection, nothing more is read. Otherwise, what System.Net.Quic still holds can be read.
        var isDropped = IsClosedHere(end);
        _incomingUni.End(() => new TransportClosedException(end), isDropped);
        _incomingBidi.End(() => new TransportClosedException(end), isDropped);
        _log.ConnectionOver(_remote, end);
        _closed.TrySet(end);
        return true;
    }

    private Task DisposeConnectionAsync(ulong code)
    {
        QuicStreamHandle[] streams;
        lock (_gate)
        {
            if (_disposal is not null)
                return _disposal;
            streams = [.. _streams];
            _streams.Clear();
            return _disposal = RunAsync();
        }

        async Task RunAsync()
        {
            try
            {
                await _connection.CloseAsync((long)code).ConfigureAwait(false);
                // A stream keeps the native connection in memory.
                foreach (var stream in streams)
                    await stream.Stream.DisposeAsync().ConfigureAwait(false);
                await _connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                // The connection has ended for the application, which does not wait for this task after Close.
                _log.CloseFault(_remote, fault);
            }
        }
    }
}
