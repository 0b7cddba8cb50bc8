using System.Runtime.CompilerServices;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents one side of an in-memory connection. It affects the other side only through messages over the link. The lock of the network
/// protects its state.
/// </summary>
internal sealed class InMemoryConnection : ITransportConnection, IConnectionStatistics, IDatagramConnection
{
    private const ulong MaxCode = (1UL << 62) - 1;
    private const int MaxReasonBytes = 1024;
    private const int DatagramSize = 1200;

    private readonly LinkQueue _out;
    private readonly Link _link;
    // The list node allows a connection to be removed without a search, because an endpoint may have very many connections.
    private readonly LinkedListNode<InMemoryConnection> _entry;
    private readonly Completion<TransportEnd> _closed;
    private readonly LinkedList<InMemorySendStream> _sending = [];
    private readonly LinkedList<InMemoryReceiveStream> _receiving = [];
    private readonly ConnectionStreams _uni;
    private readonly ConnectionStreams _bidi;
    private readonly DatagramReceiver _datagrams;
    private InMemoryConnection _peer = null!;
    private long _bytesSent;
    private long _bytesReceived;

    private InMemoryConnection(InMemoryEndpoint endpoint, InMemoryEndpoint peer, Link link, string protocol, int number, bool isOutbound)
    {
        Endpoint = endpoint;
        Network = endpoint.Network;
        Protocol = protocol;
        IsOutbound = isOutbound;
        RemoteId = peer.Id.ToArray();
        _link = link;
        _out = link.From(endpoint);
        Label = $"c{number}";
        _closed = new Completion<TransportEnd>(Network.Runtime);
        Notices = new StreamEndNotices(Network.Runtime);
        _datagrams = new DatagramReceiver(Network.Runtime);
        Credit = new ConnectionCredit(this);
        _uni = new ConnectionStreams(this, isBidi: false, Network.MaxUniStreams);
        _bidi = new ConnectionStreams(this, isBidi: true, Network.MaxBidiStreams);
        link.Add(this);
        _entry = endpoint.Add(this);
    }

    public ReadOnlyMemory<byte> RemoteId { get; }

    public string Protocol { get; }

    public bool IsOutbound { get; }

    // Each caller gets its own task. If several callers awaited the same task, all but the first would continue outside of virtual time,
    // and a session and its subscriptions all await this property.
    public Task<TransportEnd> Closed => _closed.WaitAsync();

    public InMemoryNetwork Network { get; }

    public InMemoryEndpoint Endpoint { get; }

    /// <summary>Gets the name of the endpoint on the other side.</summary>
    public string PeerName => _peer.Endpoint.Name;

    /// <summary>Gets the queue that reports the ends of streams to their observers.</summary>
    public StreamEndNotices Notices { get; }

    /// <summary>Gets the name of the connection in the trace.</summary>
    public string Label { get; }

    /// <summary>Gets the end of this side, also before the end is reported to the application; null while this side is open.</summary>
    public TransportEnd? End { get; private set; }

    /// <summary>Gets or sets a value that indicates whether the dialer has confirmed the connection.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>Gets the flow control of this side.</summary>
    public ConnectionCredit Credit { get; }

    /// <summary>
    /// Creates both sides of a connection, and returns the side of the dialed endpoint. The caller must hold the lock of the network.
    /// </summary>
    public static InMemoryConnection Between(InMemoryEndpoint dialer, InMemoryEndpoint dialed, string protocol)
    {
        var link = dialer.Network.LinkBetween(dialer, dialed);
        var number = dialer.Network.NextConnection();
        var a = new InMemoryConnection(dialer, dialed, link, protocol, number, isOutbound: true);
        var b = new InMemoryConnection(dialed, dialer, link, protocol, number, isOutbound: false);
        a._peer = b;
        b._peer = a;
        return b;
    }

    public async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        (await _uni.OpenAsync(cancellationToken).ConfigureAwait(false)).OpenerSends;

    public async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = await _bidi.OpenAsync(cancellationToken).ConfigureAwait(false);
        return new BidiStream(stream.OpenerSends, stream.OpenerReceives!);
    }

    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        (await _uni.AcceptAsync(cancellationToken).ConfigureAwait(false)).AcceptorReceives;

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
    {
        var stream = await _bidi.AcceptAsync(cancellationToken).ConfigureAwait(false);
        return new BidiStream(stream.AcceptorSends!, stream.AcceptorReceives);
    }

    public int MaxDatagramSize => DatagramSize;

    public long DroppedDatagrams => _datagrams.Dropped;

    public bool TrySendDatagram(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > DatagramSize)
            throw new ArgumentException($"A datagram may have at most {DatagramSize} bytes, not {payload.Length}.", nameof(payload));
        var copy = payload.ToArray();
        lock (Network.Gate)
        {
            if (End is { } end)
                throw new TransportClosedException(end);
            if (!_out.LosesDatagram())
                Send($"datagram of {copy.Length} bytes", peer => peer._datagrams.OnDatagram(copy), copy.Length);
        }

        return true;
    }

    public ValueTask<ReadOnlyMemory<byte>> ReceiveDatagramAsync(CancellationToken cancellationToken = default) =>
        _datagrams.ReceiveAsync(cancellationToken);

    public void Close(ulong code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);
        lock (Network.Gate)
        {
            if (End is not null)
                return;
            reason = Cut(reason);
            Send(
                $"closed by the peer with {code}",
                peer => peer.EndWith(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: true)));
            EndWith(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: false));
        }
    }

    /// <summary>
    /// Returns the round-trip time, which results from the latency and the jitter of the network, and the number of stream bytes. The
    /// network has no packets and loses no bytes.
    /// </summary>
    public ConnectionStatistics GetStatistics()
    {
        var roundTrip = (2 * Network.Latency) + Network.Jitter;
        lock (Network.Gate)
        {
            return new ConnectionStatistics
            {
                SmoothedRtt = roundTrip,
                MinRtt = 2 * Network.Latency,
                LatestRtt = roundTrip,
                BytesSent = _bytesSent,
                BytesReceived = _bytesReceived,
                BytesLost = 0,
                EstimatedSendRate = Network.Bandwidth,
            };
        }
    }

    public ValueTask DisposeAsync()
    {
        Close(0, "");
        lock (Network.Gate)
        {
            _datagrams.OnEnd(End!, isDropped: true);
            DropUnread();
        }

        return default;
    }

    /// <summary>
    /// Sends a message to the other side, which handles it on arrival unless that side has ended by then. Has no effect if this side has
    /// ended. The caller must hold the lock of the network.
    /// </summary>
    public void Send([InterpolatedStringHandlerArgument("")] TraceText what, Action<InMemoryConnection> arrive, int bytes = 0)
    {
        if (End is not null)
            return;
        var peer = _peer;
        _bytesSent += bytes;
        _out.Send(bytes, what.ToText(), () =>
        {
            if (peer.End is not null)
                return;
            peer._bytesReceived += bytes;
            arrive(peer);
        });
    }

    /// <summary>
    /// Ends this side of the connection. Has no effect if this side has already ended. The caller must hold the lock of the network.
    /// </summary>
    public void EndWith(TransportEnd end)
    {
        if (End is not null)
            return;
        End = end;
        Network.Trace.Add(Endpoint.Name, $"{Label} {end}");
        _link.Remove(this);
        Endpoint.Remove(_entry);
        foreach (var stream in _sending.ToArray())
            stream.OnConnectionEnded();
        foreach (var stream in _receiving)
            stream.OnConnectionEnded();
        _sending.Clear();
        Credit.Clear();
        _uni.OnConnectionEnded();
        _bidi.OnConnectionEnded();
        // If this side closed the connection, no more data can be read. Data that arrived before a close by the peer or before a timeout
        // can be read until the connection is disposed.
        var isDropped = !end.IsRemote && end.Cause != TransportEndCause.TimedOut;
        _datagrams.OnEnd(end, isDropped);
        if (isDropped)
            DropUnread();
        Endpoint.Report(() => _closed.TrySet(end));
    }

    /// <summary>Creates a stream that this side opens. The other side can accept the stream after its first bytes have arrived.</summary>
    public InMemoryStream NewStream(long id, bool isBidi) => new(this, _peer, id, isBidi);

    public void Add(InMemorySendStream stream) => _sending.AddLast(stream);

    public void Add(InMemoryReceiveStream stream) => _receiving.AddLast(stream);

    public void Remove(InMemorySendStream stream)
    {
        _sending.Remove(stream);
        Credit.Remove(stream);
    }

    public void Remove(InMemoryReceiveStream stream) => _receiving.Remove(stream);

    public ConnectionStreams StreamsOf(bool isBidi) => isBidi ? _bidi : _uni;

    private void DropUnread()
    {
        foreach (var stream in _receiving)
            stream.DropUnread();
        _receiving.Clear();
        _uni.DropArrived();
        _bidi.DropArrived();
    }

    private static string Cut(string reason)
    {
        var length = reason.Length;
        while (Encoding.UTF8.GetByteCount(reason.AsSpan(0, length)) > MaxReasonBytes)
            length = Math.Min(length - 1, MaxReasonBytes);
        if (length < reason.Length && length > 0 && char.IsHighSurrogate(reason[length - 1]))
            length--;
        return reason[..length];
    }
}
