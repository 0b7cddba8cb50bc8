using System.Net;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Represents a QUIC connection. This part contains the members that the application calls, and hands their work over to the I/O thread.
/// The other parts of this class run on the I/O thread, which is the only thread that calls ngtcp2. No member blocks, and no code of the
/// application runs on the I/O thread.
/// </summary>
internal sealed partial class QuicConnection : ITransportConnection
{
    private const ulong MaxCode = (1UL << 62) - 1;

    private readonly Lock _gate = new();
    private readonly IoLoop _loop;
    private readonly Arrivals<QuicStream> _incomingUni;
    private readonly Arrivals<QuicStream> _incomingBidi;
    private readonly StreamOpener _uni;
    private readonly StreamOpener _bidi;
    private readonly Completion<TransportEnd> _closed;
    private readonly Completion<QuicConnection> _established;
    private byte[] _remoteId = [];

    /// <summary>
    /// The streams that have ended and still have unread bytes. Protected by a lock on the set itself, because streams are added and
    /// removed while their own locks are held.
    /// </summary>
    private readonly HashSet<QuicReceiveStream> _unread = [];

    /// <summary>The opened streams that the application has handed over and the I/O thread has not taken.</summary>
    private List<QuicStream> _opened = [];
    private List<QuicSendStream> _toSend = [];
    private List<QuicReceiveStream> _toReceive = [];
    private (ulong Code, string Reason)? _toClose;
    private int _uniCredit;
    private int _bidiCredit;
    private bool _isHandedOver;
    private long _readCredit;
    private long _received;

    private QuicConnection(IoLoop loop, bool isServer, IPEndPoint remote)
    {
        _loop = loop;
        IsServer = isServer;
        RemoteEndPoint = remote;
        var runtime = Options.Runtime;
        // The queues cannot overflow: the peer may open another stream only after an earlier one was accepted.
        _incomingUni = new Arrivals<QuicStream>(runtime, Options.MaxIncomingUniStreams);
        _incomingBidi = new Arrivals<QuicStream>(runtime, Options.MaxIncomingBidiStreams);
        _uni = new StreamOpener(this, QuicStream.FirstId(isServer, isUni: true));
        _bidi = new StreamOpener(this, QuicStream.FirstId(isServer, isUni: false));
        Signals = new SignalPool(runtime);
        Notices = new StreamEndNotices(runtime);
        _closed = new Completion<TransportEnd>(runtime);
        _established = new Completion<QuicConnection>(runtime);
    }

    public ReadOnlyMemory<byte> RemoteId => _remoteId;

    public string Protocol { get; private set; } = "";

    public bool IsOutbound => !IsServer;

    public Task<TransportEnd> Closed => _closed.Task;

    internal IrohEndpointOptions Options => _loop.Options;

    internal bool IsServer { get; }

    /// <summary>Gets the pool of the signals for waits on single streams, which are frequent and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>Gets the queue that delivers the ends of streams to their observers.</summary>
    internal StreamEndNotices Notices { get; }

    internal IPEndPoint RemoteEndPoint { get; }

    /// <summary>Gets the end of the connection, or null if the connection has not ended.</summary>
    internal TransportEnd? End { get; private set; }

    /// <summary>
    /// Gets a task that completes when the peer has accepted this dialed connection, or fails with a <see cref="MoqConnectException"/> or,
    /// if the endpoint ends, with an <see cref="ObjectDisposedException"/>.
    /// </summary>
    internal Task<QuicConnection> Established => _established.Task;

    /// <summary>Gets the secret from which the stateless reset tokens are generated.</summary>
    internal unsafe byte* ResetSecret => _loop.ResetSecret;

    /// <summary>Gets the counter of the bytes that all connections of the endpoint buffer.</summary>
    internal ByteBudget Budget => _loop.Budget;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        (await _uni.OpenAsync(cancellationToken).ConfigureAwait(false)).Send!;

    public async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = await _bidi.OpenAsync(cancellationToken).ConfigureAwait(false);
        return new BidiStream(stream.Send!, stream.Receive!);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        Taken(await _incomingUni.TakeAsync(cancellationToken).ConfigureAwait(false)).Receive!;

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = Taken(await _incomingBidi.TakeAsync(cancellationToken).ConfigureAwait(false));
        return new BidiStream(stream.Send!, stream.Receive!);
    }

    public void Close(ulong code, string reason)
    {
        ThrowIfNoCode(code);
        ArgumentNullException.ThrowIfNull(reason);
        lock (_gate)
        {
            if (End is not null || _toClose is not null)
                return;
            _toClose = (code, reason);
        }

        HandOver();
    }

    public async ValueTask DisposeAsync()
    {
        Close(0, "");
        await Closed.ConfigureAwait(false);
        DropUnread();
        _lastRelease?.Dispose();
    }

    /// <summary>
    /// Adds a stream that has ended and has unread bytes, so that its memory can be released if the application does not read them.
    /// </summary>
    internal void Keep(QuicReceiveStream stream)
    {
        lock (_unread)
            _unread.Add(stream);
    }

    /// <summary>Removes a stream that has no unread bytes left from the streams that were added with <see cref="Keep"/>.</summary>
    internal void Forget(QuicReceiveStream stream)
    {
        lock (_unread)
            _unread.Remove(stream);
    }

    /// <summary>Gets a value that indicates whether there are streams that have ended and have unread bytes.</summary>
    private bool HasUnread
    {
        get
        {
            lock (_unread)
                return _unread.Count > 0;
        }
    }

    /// <summary>Releases the unread bytes of all streams that have ended.</summary>
    internal void DropUnread()
    {
        QuicReceiveStream[] unread;
        lock (_unread)
            unread = [.. _unread];
        foreach (var stream in unread)
            stream.Drop();
    }

    /// <summary>
    /// Throws an exception if an application error code has more than the 62 bits of QUIC. Such a code would terminate the process in
    /// native code.
    /// </summary>
    internal static void ThrowIfNoCode(ulong code) => ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);

    /// <summary>
    /// Waits until the peer has accepted a dialed connection. If this method fails, it closes and disposes the connection.
    /// </summary>
    internal static async Task<QuicConnection> EstablishAsync(Task<QuicConnection> dialing, CancellationToken cancellationToken)
    {
        var connection = await dialing.ConfigureAwait(false);
        var giveUp = cancellationToken.UnsafeRegister(static state => ((QuicConnection)state!).Close(0, ""), connection);
        await using (giveUp.ConfigureAwait(false))
        {
            try
            {
                await connection.Established.ConfigureAwait(false);
                // If the token was canceled at the same time, the connection is already being closed.
                cancellationToken.ThrowIfCancellationRequested();
                return connection;
            }
            catch (Exception failure)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                if (failure is MoqConnectException)
                    cancellationToken.ThrowIfCancellationRequested();
                throw;
            }
        }
    }

    internal void ThrowIfOver()
    {
        if (End is { } end)
            throw new TransportClosedException(end);
    }

    /// <summary>Adds to the number of bytes of memory that are buffered for readers; a negative number is subtracted.</summary>
    internal void CountReceived(long bytes)
    {
        if (bytes == 0)
            return;
        Interlocked.Add(ref _received, bytes);
        Budget.Count(bytes);
    }

    /// <summary>
    /// Counts bytes that were read or dropped. When a sixteenth of the connection window is reached, the I/O thread gives the peer flow
    /// control credit for them.
    /// </summary>
    internal void CountRead(long bytes)
    {
        if (Interlocked.Add(ref _readCredit, bytes) >= Options.ConnectionWindow / 16)
            HandOver();
    }

    /// <summary>Hands a stream over to the I/O thread, because it has data, an end, a reset or a new order to process.</summary>
    internal void Hand(QuicSendStream stream)
    {
        lock (_gate)
        {
            if (stream.IsHandedOver)
                return;
            stream.IsHandedOver = true;
            _toSend.Add(stream);
        }

        HandOver();
    }

    /// <summary>Hands a stream over to the I/O thread, because it has flow control credit for the peer or a stop request to send.</summary>
    internal void Hand(QuicReceiveStream stream)
    {
        lock (_gate)
        {
            if (stream.IsHandedOver)
                return;
            stream.IsHandedOver = true;
            _toReceive.Add(stream);
        }

        HandOver();
    }

    /// <summary>Hands a new stream over to the I/O thread, which opens it.</summary>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    internal void HandOpened(QuicStream stream)
    {
        lock (_gate)
        {
            ThrowIfOver();
            _opened.Add(stream);
        }

        HandOver();
    }

    /// <summary>Records that the application has accepted a stream. If the stream is already closed, the peer may open another.</summary>
    /// <returns>The same stream.</returns>
    private QuicStream Taken(QuicStream stream)
    {
        if (stream.TakesCreditStep())
            GiveStreamCredit(stream.IsUni);
        return stream;
    }

    private void GiveStreamCredit(bool isUni)
    {
        lock (_gate)
        {
            if (isUni)
                _uniCredit++;
            else
                _bidiCredit++;
        }

        HandOver();
    }

    private void HandOver()
    {
        lock (_gate)
        {
            if (_isHandedOver)
                return;
            _isHandedOver = true;
        }

        _loop.Hand(this);
    }
}
