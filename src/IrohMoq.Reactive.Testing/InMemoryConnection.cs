using System.Runtime.CompilerServices;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>One side of a connection. Everything it tells the other side goes over the wire; nothing else of the other side is touched. State is under the network's lock.</summary>
internal sealed class InMemoryConnection : ITransportConnection, IConnectionStatistics
{
    private const ulong MostCode = (1UL << 62) - 1;
    private const int MostReasonBytes = 1024;

    private readonly Wire _out;
    private readonly Link _link;
    // An endpoint may have very many: one goes without a search.
    private readonly LinkedListNode<InMemoryConnection> _entry;
    private readonly Completion<TransportEnd> _closed;
    private readonly LinkedList<InMemorySendStream> _sending = [];
    private readonly LinkedList<InMemoryReceiveStream> _receiving = [];
    private readonly SendSchedule _outOfCredit = new();
    private readonly StreamArrivals _uni;
    private readonly StreamArrivals _bidi;
    private InMemoryConnection _peer = null!;
    private long _credit;
    private long _consumed;
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
        _credit = Network.ConnectionWindow;
        _uni = new StreamArrivals(this, isBidi: false, Network.MaxUniStreams);
        _bidi = new StreamArrivals(this, isBidi: true, Network.MaxBidiStreams);
        link.Add(this);
        _entry = endpoint.Add(this);
    }

    public ReadOnlyMemory<byte> RemoteId { get; }

    public string Protocol { get; }

    public bool IsOutbound { get; }

    public Task<TransportEnd> Closed => _closed.Task;

    public InMemoryNetwork Network { get; }

    public InMemoryEndpoint Endpoint { get; }

    /// <summary>The name of the endpoint on the other side.</summary>
    public string PeerName => _peer.Endpoint.Name;

    /// <summary>The ends of streams on their way to who observes them.</summary>
    public StreamEndNotices Notices { get; }

    /// <summary>What the trace calls it.</summary>
    public string Label { get; }

    /// <summary>How it ended, as soon as it has.</summary>
    public TransportEnd? End { get; private set; }

    /// <summary>The dialer has said that it has the connection.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>How many more bytes may be sent on all streams.</summary>
    public long Credit => _credit;

    /// <summary>Makes both sides, and returns the one that was dialed. Under the network's lock.</summary>
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

    public void Close(ulong code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MostCode);
        lock (Network.Gate)
        {
            if (End is not null)
                return;
            reason = Cut(reason);
            Send($"closed by the peer with {code}", peer => peer.EndWith(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: true)));
            EndWith(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: false));
        }
    }

    /// <summary>Gets the round trip of the network's latency and the bytes of streams; the network has no packets and loses none.</summary>
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
            DropUnread();
        return default;
    }

    /// <summary>Tells the other side something: it happens there when it arrives, unless that side is over by then. Nothing leaves a side that is over. Under the network's lock.</summary>
    public void Send([InterpolatedStringHandlerArgument("")] ArrivalText what, Action<InMemoryConnection> arrive, int bytes = 0)
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

    /// <summary>Ends this side. Under the network's lock; the first end stays.</summary>
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
        _outOfCredit.Clear();
        _uni.OnConnectionEnded();
        _bidi.OnConnectionEnded();
        // Who ended the connection here reads nothing more; what a peer's end or silence left is read until the connection is disposed.
        if (!end.IsRemote && end.Cause != TransportEndCause.TimedOut)
            DropUnread();
        _closed.TrySet(end);
    }

    /// <summary>A stream of either side has come to be; the side that did not open it sees it later.</summary>
    public InMemoryStream NewStream(long id, bool isBidi) => new(this, _peer, id, isBidi);

    public void Add(InMemorySendStream stream) => _sending.AddLast(stream);

    public void Add(InMemoryReceiveStream stream) => _receiving.AddLast(stream);

    public void Remove(InMemorySendStream stream)
    {
        _sending.Remove(stream);
        _outOfCredit.Remove(stream);
    }

    public void Remove(InMemoryReceiveStream stream) => _receiving.Remove(stream);

    public StreamArrivals ArrivalsOf(bool isBidi) => isBidi ? _bidi : _uni;

    public void UseCredit(int bytes) => _credit -= bytes;

    /// <summary>The stream has something to send and waits for the connection's credit.</summary>
    public void WaitForCredit(InMemorySendStream stream) => _outOfCredit.Add(stream);

    /// <summary>Gives the stream its place among those that wait for the connection's credit, now or later.</summary>
    public void Schedule(InMemorySendStream stream, SendOrder order) => _outOfCredit.Reorder(stream, order);

    /// <summary>Bytes were read or dropped on this side: the other may send as many more, told in steps.</summary>
    public void OnConsumed(int bytes)
    {
        _consumed += bytes;
        if (_consumed < Math.Max(Network.ConnectionWindow / 8, 1))
            return;
        var credit = _consumed;
        _consumed = 0;
        Send($"may send {credit} more", peer => peer.OnCredit(credit));
    }

    private void OnCredit(long bytes)
    {
        _credit += bytes;
        while (_credit > 0 && _outOfCredit.First is InMemorySendStream next)
        {
            var sent = next.SendPiece();
            _outOfCredit.Charge(next, sent);
            if (!next.CanSend)
                _outOfCredit.Remove(next);
        }
    }

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
        while (Encoding.UTF8.GetByteCount(reason.AsSpan(0, length)) > MostReasonBytes)
            length = Math.Min(length - 1, MostReasonBytes);
        if (length < reason.Length && length > 0 && char.IsHighSurrogate(reason[length - 1]))
            length--;
        return reason[..length];
    }
}
