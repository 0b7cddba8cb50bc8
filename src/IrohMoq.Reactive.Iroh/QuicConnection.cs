using System.Net;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Represents a connection as the application uses it: its streams, its datagrams and its end. Work for the core is handed over to the I/O
/// thread; see <see cref="PendingWork"/>. No member blocks, and no code of the application runs on the I/O thread.
/// </summary>
internal sealed class QuicConnection
    : DrivenConnection, ITransportConnection, IConnectionStatistics, IDatagramConnection, IPathAwareConnection
{
    private const ulong MaxCode = (1UL << 62) - 1;

    private readonly DatagramReceiver _datagrams;
    private readonly Completion<TransportEnd> _closed;
    private readonly ConnectionStreams _streams;
    private readonly PathOfConnection _path;
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
        IsOutbound = dialed.Count > 0;
        Runtime = runtime;
        Work = new PendingWork(loop, this);
        Establishment = new Establishment(this, loop, runtime, dialed);
        _datagrams = new DatagramReceiver(runtime, Account.Count);
        Signals = new SignalPool(runtime);
        Notices = new StreamEndNotices(runtime);
        _streams = new ConnectionStreams(this);
        _path = new PathOfConnection(runtime);
        _closed = new Completion<TransportEnd>(runtime);
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

    /// <summary>Gets the work of the application that the I/O thread must do.</summary>
    internal PendingWork Work { get; }

    /// <summary>Gets the establishment of the connection, for a connection that dials.</summary>
    internal Establishment Establishment { get; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        Sending(await _streams.OpenAsync(isUni: true, cancellationToken).ConfigureAwait(false));

    public async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = await _streams.OpenAsync(isUni: false, cancellationToken).ConfigureAwait(false);
        return new BidiStream(Sending(stream), Receiving(stream));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        Receiving(_streams.OnAccepted(await _streams.TakeAsync(isUni: true, cancellationToken).ConfigureAwait(false)));

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = _streams.OnAccepted(await _streams.TakeAsync(isUni: false, cancellationToken).ConfigureAwait(false));
        return new BidiStream(Sending(stream), Receiving(stream));
    }

    public ConnectionStatistics GetStatistics() => HasBegun ? Core.Statistics : default;

    public int MaxDatagramSize => HasBegun ? Core.Datagrams.MaxSize : 0;

    public long DroppedDatagrams => _datagrams.Dropped + (HasBegun ? Core.Datagrams.Dropped : 0);

    public bool TrySendDatagram(ReadOnlySpan<byte> payload)
    {
        Work.ThrowIfOver();
        var max = MaxDatagramSize;
        if (max == 0)
            throw new NotSupportedException("The peer accepts no datagrams.");
        if (payload.Length > max)
            throw new ArgumentException($"A datagram may have at most {max} bytes on this path, not {payload.Length}.", nameof(payload));
        if (!Core.Datagrams.TrySend(payload))
            return false;
        Work.HandOver();
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
        Work.Close(code, reason);
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

    /// <summary>Adds bytes that were read or dropped. The peer gets credit for them on the whole connection in steps.</summary>
    internal void Credit(long bytes)
    {
        if (Account.AddCredit(bytes) >= Settings.ConnectionWindow / 16)
            Work.HandOver();
    }

    /// <inheritdoc/>
    public override void OnDialFailed(Exception failure)
    {
        var end = new TransportEnd(TransportEndCause.TransportError, 0, failure.Message, false);
        NotifyEnd(Work.Complete(end), end);
        Establishment.OnFailed(failure);
        _closed.TrySet(end);
    }

    /// <inheritdoc/>
    public override void TakeHandOver(ulong now)
    {
        var work = Work.Take();
        try
        {
            if (HasBegun && !Core.HasEnded)
                Perform(work, now);
        }
        catch (Exception fault)
        {
            Core.Break(fault, now);
        }

        if (Work.End is { } end)
            NotifyEnd(work.Opened, end);
        work.Clear();
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
        Establishment.OnShutdown();
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
        Establishment.OnConfirmed();
    }

    /// <inheritdoc/>
    public override QuicStream OnStreamOpened(long id) => _streams.OnOpened(id);

    /// <inheritdoc/>
    public override void OnDatagram(ReadOnlySpan<byte> payload)
    {
        if (Settings.Budget.IsOver)
            _datagrams.Drop();
        else
            _datagrams.OnDatagram(payload);
    }

    /// <inheritdoc/>
    public override void OnStreamLimit(bool isUni, ulong streams) => _streams.OnLimit(isUni, streams);

    /// <inheritdoc/>
    public override void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds)
    {
        var late = Work.Complete(end);
        base.OnEnded(end, closePacket, closingEnds);
        NotifyEnd(late, end);
        Notices.Send();
        _path.Complete();
        // If this side ended the connection, nothing more is read; otherwise the bytes that are left can be read until the connection is
        // disposed.
        var isDropped = end is { IsRemote: false, Cause: not (TransportEndCause.TimedOut or TransportEndCause.NoViablePath) };
        _streams.End(end, isDropped);
        _datagrams.OnEnd(end, isDropped);
        if (isDropped)
            Account.DropUnread(end);
        else if (Account.HasUnread || _datagrams.HasUnread)
            _lastRelease = new LastRelease(Account, _datagrams, end);
        if (IsOutbound && !Core.IsEstablished)
        {
            _remoteId = Core.RemoteId;
            Establishment.OnEnded(end);
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

    /// <summary>Passes work of the application to the core.</summary>
    private void Perform(ConnectionWork work, ulong now)
    {
        if (work.Remotes.Count > 0)
            Core.AddPaths(Loop.PathsTo(work.Remotes));
        foreach (var stream in work.Opened)
            Core.Streams.Open(stream);
        foreach (var stream in work.Sending)
            Core.Streams.Update(stream);
        foreach (var stream in work.Receiving)
            Core.Streams.Update(stream);
        Core.FlowControl.ExtendData(Account.TakeCredit());
        Core.FlowControl.ExtendStreams(work.UniCredit, work.BidiCredit);
        if (work.Close is { } close)
            Core.Close(close.Code, close.Reason, now);
    }
}
