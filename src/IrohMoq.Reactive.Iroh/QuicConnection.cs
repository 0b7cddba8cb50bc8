using System.Net;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Represents a connection as the application uses it: its streams and its end. Work for the core is collected here and handed over to the
/// I/O thread. No member blocks, and no code of the application runs on the I/O thread.
/// </summary>
internal sealed class QuicConnection
    : DrivenConnection, ITransportConnection, IConnectionStatistics, IDatagramConnection, IPathAwareConnection
{
    private const ulong MaxCode = (1UL << 62) - 1;

    private readonly Lock _gate = new();
    private readonly Arrivals<QuicStream> _incomingUni;
    private readonly Arrivals<QuicStream> _incomingBidi;
    private readonly StreamOpener _uni;
    private readonly StreamOpener _bidi;
    private readonly DatagramReceiver _datagrams;
    private readonly Completion<TransportEnd> _closed;
    private readonly Completion<QuicConnection> _established;
    private readonly PathOfConnection _path;

    /// <summary>The work that the application has handed over and the I/O thread has not taken.</summary>
    private Work _work = new();

    /// <summary>The work that the I/O thread has taken. It is reused, so that a hand-over allocates no memory.</summary>
    private Work _taken = new();

    private IReadOnlyList<IPEndPoint> _dialed;
    private bool _isHandedOver;
    private bool _isShutDown;
    private byte[] _remoteId = [];
    private LastRelease? _lastRelease;

    /// <summary>Creates an incoming connection.</summary>
    public QuicConnection(IoLoop loop, Runtime runtime)
        : this(loop, runtime, [])
    {
    }

    /// <summary>Creates a connection that dials.</summary>
    /// <param name="loop">The loop that will drive the connection.</param>
    /// <param name="runtime">The runtime on which the application continues.</param>
    /// <param name="dialed">The addresses that are dialed, for messages.</param>
    public QuicConnection(IoLoop loop, Runtime runtime, IReadOnlyList<IPEndPoint> dialed)
        : base(loop)
    {
        _dialed = dialed;
        IsOutbound = dialed.Count > 0;
        Runtime = runtime;
        // The stream limits of the peer bound the queues: credit is given back only for streams that were accepted.
        _incomingUni = new Arrivals<QuicStream>(runtime, Settings.MaxIncomingUniStreams);
        _incomingBidi = new Arrivals<QuicStream>(runtime, Settings.MaxIncomingBidiStreams);
        _uni = new StreamOpener(this, QuicStream.FirstId(!IsOutbound, isUni: true));
        _bidi = new StreamOpener(this, QuicStream.FirstId(!IsOutbound, isUni: false));
        _datagrams = new DatagramReceiver(runtime, Account.Count);
        Signals = new SignalPool(runtime);
        Notices = new StreamEndNotices(runtime);
        _path = new PathOfConnection(runtime);
        _closed = new Completion<TransportEnd>(runtime);
        _established = new Completion<QuicConnection>(runtime);
    }

    public ReadOnlyMemory<byte> RemoteId => _remoteId;

    public string Protocol { get; private set; } = "";

    public bool IsOutbound { get; }

    public Task<TransportEnd> Closed => _closed.Task;

    public ConnectionPath CurrentPath => _path.Current;

    /// <summary>Gets the settings of the connections of the endpoint.</summary>
    internal CoreSettings Settings => Loop.Settings;

    /// <summary>Gets the runtime on which the application continues.</summary>
    internal Runtime Runtime { get; }

    /// <summary>Gets the pool of the signals for waits on one stream, which are many and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>Gets the ends of streams that are being delivered to their observers.</summary>
    internal StreamEndNotices Notices { get; }

    /// <summary>Gets how the connection ended, or null.</summary>
    internal TransportEnd? End { get; private set; }

    /// <summary>Gets the address from which the peer has answered a dial that has ended, or null if it has not answered.</summary>
    internal IPEndPoint? Answered { get; private set; }

    /// <summary>
    /// Gets a task that completes when both sides have accepted the connection. It fails with a <see cref="MoqConnectException"/>.
    /// </summary>
    internal Task<QuicConnection> Established => _established.Task;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        Sending(await _uni.OpenAsync(cancellationToken).ConfigureAwait(false));

    public async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = await _bidi.OpenAsync(cancellationToken).ConfigureAwait(false);
        return new BidiStream(Sending(stream), Receiving(stream));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        Receiving(Accepted(await _incomingUni.TakeAsync(cancellationToken).ConfigureAwait(false)));

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = Accepted(await _incomingBidi.TakeAsync(cancellationToken).ConfigureAwait(false));
        return new BidiStream(Sending(stream), Receiving(stream));
    }

    public ConnectionStatistics GetStatistics() => HasBegun ? Core.Statistics : default;

    public int MaxDatagramSize => HasBegun ? Core.Datagrams.MaxSize : 0;

    public long DroppedDatagrams => _datagrams.Dropped + (HasBegun ? Core.Datagrams.Dropped : 0);

    public bool TrySendDatagram(ReadOnlySpan<byte> payload)
    {
        ThrowIfOver();
        var max = MaxDatagramSize;
        if (max == 0)
            throw new NotSupportedException("The peer accepts no datagrams.");
        if (payload.Length > max)
            throw new ArgumentException($"A datagram may have at most {max} bytes on this path, not {payload.Length}.", nameof(payload));
        if (!Core.Datagrams.TrySend(payload))
            return false;
        HandOver();
        return true;
    }

    public ValueTask<ReadOnlyMemory<byte>> ReceiveDatagramAsync(CancellationToken cancellationToken = default) =>
        _datagrams.ReceiveAsync(cancellationToken);

    public IAsyncEnumerable<ConnectionPath> ReadPathsAsync(CancellationToken cancellationToken = default) =>
        _path.ReadAsync(cancellationToken);

    public void Close(ulong code, string reason)
    {
        ThrowIfNoCode(code);
        ArgumentNullException.ThrowIfNull(reason);
        lock (_gate)
        {
            if (End is not null || _work.Close is not null)
                return;
            _work.Close = (code, reason);
        }

        HandOver();
    }

    public async ValueTask DisposeAsync()
    {
        Close(0, "");
        var end = await Closed.ConfigureAwait(false);
        Account.DropUnread(end);
        _datagrams.OnEnd(end, isDropped: true);
        _lastRelease?.Dispose();
    }

    /// <summary>Throws if a code has more than the 62 bits that QUIC can send. The native library would end the process.</summary>
    internal static void ThrowIfNoCode(ulong code) => ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);

    /// <summary>Adds addresses of the peer to a dial. Has no effect after the handshake.</summary>
    internal void AddRemotes(IReadOnlyList<IPEndPoint> remotes)
    {
        lock (_gate)
        {
            _dialed = [.. _dialed, .. remotes];
            _work.Remotes.AddRange(remotes);
        }

        HandOver();
    }

    /// <summary>Dials, and waits until the peer has accepted the connection.</summary>
    internal Task<QuicConnection> DialAsync(EndpointId id, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!Loop.TryHand(new Dial(this, id, _dialed, protocols)), typeof(IrohEndpoint));
        return EstablishAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until the peer has accepted the connection. A connection that the caller does not get is closed and disposed.
    /// </summary>
    internal async Task<QuicConnection> EstablishAsync(CancellationToken cancellationToken)
    {
        var giveUp = cancellationToken.UnsafeRegister(static state => ((QuicConnection)state!).Close(0, ""), this);
        await using (giveUp.ConfigureAwait(false))
        {
            try
            {
                await Established.ConfigureAwait(false);
                // If the call was canceled at the same time, the connection is being closed.
                cancellationToken.ThrowIfCancellationRequested();
                return this;
            }
            catch (Exception failure)
            {
                await DisposeAsync().ConfigureAwait(false);
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

    /// <summary>Adds bytes that were read or dropped. The peer gets credit for them on the whole connection in steps.</summary>
    internal void Credit(long bytes)
    {
        if (Account.AddCredit(bytes) >= Settings.ConnectionWindow / 16)
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
            _work.Sending.Add(stream);
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
            _work.Receiving.Add(stream);
        }

        HandOver();
    }

    /// <summary>Creates a stream of this side and hands it to the I/O thread to open it.</summary>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    internal QuicStream Open(long id)
    {
        var stream = new QuicStream(
            id, isOurs: true, new QuicSendStream(this, id), QuicStream.IsUniId(id) ? null : new QuicReceiveStream(this, id));
        lock (_gate)
        {
            ThrowIfOver();
            _work.Opened.Add(stream);
        }

        HandOver();
        return stream;
    }

    /// <inheritdoc/>
    public override void OnDialFailed(Exception failure)
    {
        var end = new TransportEnd(TransportEndCause.TransportError, 0, failure.Message, false);
        lock (_gate)
            End = end;
        _established.TryFail(failure);
        _closed.TrySet(end);
    }

    /// <inheritdoc/>
    public override void TakeHandOver(ulong now)
    {
        int uniCredit, bidiCredit;
        lock (_gate)
        {
            _isHandedOver = false;
            (_work, _taken) = (_taken, _work);
            (uniCredit, bidiCredit) = (_taken.UniCredit, _taken.BidiCredit);
            foreach (var stream in _taken.Sending)
                stream.IsHandedOver = false;
            foreach (var stream in _taken.Receiving)
                stream.IsHandedOver = false;
        }

        try
        {
            if (HasBegun && !Core.HasEnded)
            {
                if (_taken.Remotes.Count > 0)
                    Core.AddPaths(Loop.PathsTo(_taken.Remotes));
                foreach (var stream in _taken.Opened)
                    Core.Streams.Open(stream);
                foreach (var stream in _taken.Sending)
                    Core.Streams.Update(stream);
                foreach (var stream in _taken.Receiving)
                    Core.Streams.Update(stream);
                Core.FlowControl.ExtendData(Account.TakeCredit());
                Core.FlowControl.ExtendStreams(uniCredit, bidiCredit);
                if (_taken.Close is { } close)
                    Core.Close(close.Code, close.Reason, now);
            }
        }
        catch (Exception fault)
        {
            Core.Break(fault, now);
        }

        if (End is { } end)
            NotifyEnd(_taken.Opened, end);
        _taken.Clear();
    }

    /// <inheritdoc/>
    public override void Flush(ulong now)
    {
        Core.Flush(now);
        if (Core.IsEstablished)
            _path.Set(Core.Path);
        Notices.Send();
    }

    /// <inheritdoc/>
    public override void Shutdown(ulong now)
    {
        _isShutDown = true;
        base.Shutdown(now);
    }

    /// <inheritdoc/>
    public override void OnHandshakeCompleted()
    {
        _remoteId = Core.RemoteId;
        Protocol = Core.Protocol;
        _path.Set(Core.Path);
        base.OnHandshakeCompleted();
    }

    /// <inheritdoc/>
    public override void OnHandshakeConfirmed()
    {
        base.OnHandshakeConfirmed();
        _established.TrySet(this);
    }

    /// <inheritdoc/>
    public override QuicStream OnStreamOpened(long id)
    {
        var isUni = QuicStream.IsUniId(id);
        var stream = new QuicStream(id, isOurs: false, isUni ? null : new QuicSendStream(this, id), new QuicReceiveStream(this, id));
        // Never full: the stream limit of the peer counts streams until they are accepted.
        (isUni ? _incomingUni : _incomingBidi).TryAdd(stream);
        return stream;
    }

    /// <inheritdoc/>
    public override void OnDatagram(ReadOnlySpan<byte> payload)
    {
        if (Settings.Budget.IsOver)
            _datagrams.Drop();
        else
            _datagrams.OnDatagram(payload);
    }

    /// <inheritdoc/>
    public override void OnStreamLimit(bool isUni, ulong streams) => (isUni ? _uni : _bidi).Allow(streams);

    /// <inheritdoc/>
    public override void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds)
    {
        List<QuicStream> late;
        lock (_gate)
        {
            End = end;
            (late, _work.Opened) = (_work.Opened, []);
        }

        base.OnEnded(end, closePacket, closingEnds);
        NotifyEnd(late, end);
        Notices.Send();
        _path.Complete();
        _uni.Close();
        _bidi.Close();
        // If this side ended the connection, nothing more is read; otherwise the bytes that are left can be read until the connection is
        // disposed.
        var isDropped = end is { IsRemote: false, Cause: not (TransportEndCause.TimedOut or TransportEndCause.NoViablePath) };
        _incomingUni.End(() => new TransportClosedException(end), isDropped);
        _incomingBidi.End(() => new TransportClosedException(end), isDropped);
        _datagrams.OnEnd(end, isDropped);
        if (isDropped)
            Account.DropUnread(end);
        else if (Account.HasUnread || _datagrams.HasUnread)
            _lastRelease = new LastRelease(Account, _datagrams, end);
        if (IsOutbound && !Core.IsEstablished)
        {
            Answered = Core.AnsweredFrom?.Remote.ToEndPoint();
            _remoteId = Core.RemoteId;
            _established.TryFail(
                _isShutDown
                    ? new ObjectDisposedException(nameof(IrohEndpoint))
                    : ConnectErrors.From(end, Core.IsWrongPeer, RemoteEndPoint, _dialed, Settings.HandshakeTimeout));
        }

        _closed.TrySet(end);
    }

    private static void NotifyEnd(List<QuicStream> streams, TransportEnd end)
    {
        foreach (var stream in streams)
        {
            stream.Send?.OnConnectionClosed(end);
            stream.Receive?.OnClosed(end);
        }
    }

    private static QuicSendStream Sending(QuicStream stream) => (QuicSendStream)stream.Send!;

    private static QuicReceiveStream Receiving(QuicStream stream) => (QuicReceiveStream)stream.Receive!;

    /// <summary>Gives the peer credit for another stream if the stream that was accepted is already closed.</summary>
    private QuicStream Accepted(QuicStream stream)
    {
        if (!stream.TakesCreditStep())
            return stream;
        lock (_gate)
        {
            if (stream.IsUni)
                _work.UniCredit++;
            else
                _work.BidiCredit++;
        }

        HandOver();
        return stream;
    }

    private void HandOver()
    {
        lock (_gate)
        {
            if (_isHandedOver)
                return;
            _isHandedOver = true;
        }

        Loop.Hand(this);
    }

    /// <summary>Contains work for the I/O thread.</summary>
    private sealed class Work
    {
        public List<QuicStream> Opened { get; set; } = [];

        public List<QuicSendStream> Sending { get; } = [];

        public List<QuicReceiveStream> Receiving { get; } = [];

        public List<IPEndPoint> Remotes { get; } = [];

        public int UniCredit { get; set; }

        public int BidiCredit { get; set; }

        public (ulong Code, string Reason)? Close { get; set; }

        public void Clear()
        {
            Opened.Clear();
            Sending.Clear();
            Receiving.Clear();
            Remotes.Clear();
            UniCredit = BidiCredit = 0;
            Close = null;
        }
    }
}
