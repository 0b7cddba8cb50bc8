using System.Net;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// One connection as the application sees it: streams, an end, and hand-overs to the I/O thread. The other parts of this class run on that
/// thread, which alone touches ngtcp2. Nothing here blocks, and no code of the application runs on the I/O thread.
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
    /// Streams that have ended and have bytes left to read. The set is its own lock, because streams come here under their own locks.
    /// </summary>
    private readonly HashSet<QuicReceiveStream> _unread = [];

    /// <summary>The work that the application handed over and the I/O thread has not taken.</summary>
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
        // The peer's stream limits bound them: credit is given back only for streams that were accepted.
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

    /// <summary>For waits on one stream, which are many and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>The ends of streams that are being delivered to their observers.</summary>
    internal StreamEndNotices Notices { get; }

    internal IPEndPoint RemoteEndPoint { get; }

    /// <summary>How the connection ended, or null.</summary>
    internal TransportEnd? End { get; private set; }

    /// <summary>Completes when both sides have accepted the connection; fails with a <see cref="MoqConnectException"/>.</summary>
    internal Task<QuicConnection> Established => _established.Task;

    /// <summary>The secret of the stateless reset tokens.</summary>
    internal unsafe byte* ResetSecret => _loop.ResetSecret;

    /// <summary>What all connections together keep.</summary>
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
    /// Remembers a stream that has ended and is not read to its end, so that its memory can be released if it is not read.
    /// </summary>
    internal void Keep(QuicReceiveStream stream)
    {
        lock (_unread)
            _unread.Add(stream);
    }

    /// <summary>The stream has nothing left to read.</summary>
    internal void Forget(QuicReceiveStream stream)
    {
        lock (_unread)
            _unread.Remove(stream);
    }

    /// <summary>True if there are streams that have ended and are not read to their end.</summary>
    private bool HasUnread
    {
        get
        {
            lock (_unread)
                return _unread.Count > 0;
        }
    }

    /// <summary>Releases the memory of what was not read.</summary>
    internal void DropUnread()
    {
        QuicReceiveStream[] unread;
        lock (_unread)
            unread = [.. _unread];
        foreach (var stream in unread)
            stream.Drop();
    }

    /// <summary>QUIC's codes have 62 bits; a larger one would end the process in native code.</summary>
    internal static void ThrowIfNoCode(ulong code) => ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);

    /// <summary>Waits until the peer has accepted a dial. A connection that the caller does not get is closed and disposed.</summary>
    internal static async Task<QuicConnection> EstablishAsync(Task<QuicConnection> dialing, CancellationToken cancellationToken)
    {
        var connection = await dialing.ConfigureAwait(false);
        var giveUp = cancellationToken.UnsafeRegister(static state => ((QuicConnection)state!).Close(0, ""), connection);
        await using (giveUp.ConfigureAwait(false))
        {
            try
            {
                await connection.Established.ConfigureAwait(false);
                // Canceled at the same time: the connection is being closed.
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

    /// <summary>Counts memory that is held for readers.</summary>
    internal void CountReceived(long bytes)
    {
        if (bytes == 0)
            return;
        Interlocked.Add(ref _received, bytes);
        Budget.Count(bytes);
    }

    /// <summary>Counts bytes that were read or dropped: in steps, the peer is given credit for them on the whole connection.</summary>
    internal void CountRead(long bytes)
    {
        if (Interlocked.Add(ref _readCredit, bytes) >= Options.ConnectionWindow / 16)
            HandOver();
    }

    /// <summary>Hands a stream to the I/O thread because it has something to send, an end or a reset.</summary>
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

    /// <summary>Hands a stream to the I/O thread because it has credit to give, or a stop.</summary>
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

    /// <summary>Hands a stream to the I/O thread to open it; throws if the connection has ended.</summary>
    internal void HandOpened(QuicStream stream)
    {
        lock (_gate)
        {
            ThrowIfOver();
            _opened.Add(stream);
        }

        HandOver();
    }

    /// <summary>The peer may open another stream for one that was accepted and is closed.</summary>
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
