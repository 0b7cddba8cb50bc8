using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Load;

/// <summary>
/// Forwards datagrams between one dialer and a listener, under the conditions of a bad network. The datagrams of the listener go to the
/// address from which the dialer has sent last. The times of the conditions count from the beginning of the transfer, that is when more
/// bytes have arrived than a handshake needs.
/// </summary>
internal sealed class UdpProxy : IDisposable
{
    private const int LargestDatagram = 65_536;
    private const int MostPerTurn = 64;
    private const int HandshakeBytes = 100_000;
    private const int MostWaitMs = 50;

    private readonly ProxyOptions _options;
    private readonly ProxySocket _outer;
    private readonly List<ProxySocket> _forgotten = [];
    private readonly Queue<double> _rebinds;
    private readonly SocketAddress _target;
    private readonly SocketAddress _from;
    private readonly byte[] _buffer = new byte[LargestDatagram];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private ProxySocket _inner;
    private SocketAddress? _dialer;
    private double? _transferBegan;
    private long _bytes;

    public UdpProxy(ProxyOptions options)
    {
        _options = options;
        _outer = new ProxySocket(options.Listen);
        _inner = CreateInner();
        _target = options.Target.Serialize();
        _from = new SocketAddress(options.Listen.AddressFamily);
        _rebinds = new Queue<double>(options.Rebind.Order());
        var headers = options.Listen.AddressFamily == AddressFamily.InterNetworkV6 ? 48 : 28;
        ToListener = new ProxyDirection(options, headers, options.Seed);
        ToDialer = new ProxyDirection(options, headers, options.Seed + 1);
    }

    /// <summary>Gets the address to which the dialer sends its datagrams, with the port that was bound.</summary>
    public IPEndPoint ListenAddress => (IPEndPoint)_outer.Socket.LocalEndPoint!;

    public ProxyDirection ToListener { get; }

    public ProxyDirection ToDialer { get; }

    /// <summary>Gets the time in milliseconds since the proxy was created.</summary>
    private double Now => _clock.Elapsed.TotalMilliseconds;

    /// <summary>Gets the time in seconds since the transfer has begun, or a negative number before.</summary>
    private double TransferSeconds => _transferBegan is { } began ? (Now - began) / 1000 : -1;

    /// <summary>Forwards datagrams until the token is canceled.</summary>
    public void Run(CancellationToken stop)
    {
        var readable = new List<Socket>();
        while (!stop.IsCancellationRequested)
        {
            readable.Clear();
            readable.Add(_outer.Socket);
            readable.Add(_inner.Socket);
            readable.AddRange(_forgotten.Select(static socket => socket.Socket));
            Socket.Select(readable, null, null, WaitMs() * 1000);
            ReceiveFromDialer();
            ReceiveFromListener();
            foreach (var socket in _forgotten)
                CountMisdirected(socket);
            SendDue();
            if (_rebinds.TryPeek(out var seconds) && TransferSeconds >= seconds)
                Rebind();
        }
    }

    public void Dispose()
    {
        _outer.Dispose();
        _inner.Dispose();
        foreach (var socket in _forgotten)
            socket.Dispose();
    }

    private ProxySocket CreateInner() =>
        new(new IPEndPoint(_options.Target.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));

    private int WaitMs()
    {
        var wait = Math.Min(ToListener.NextTime, ToDialer.NextTime) - Now;
        return wait <= 0 ? 0 : (int)Math.Ceiling(Math.Min(wait, MostWaitMs));
    }

    private void ReceiveFromDialer()
    {
        for (var i = 0; i < MostPerTurn; i++)
        {
            var length = _outer.Receive(_buffer, _from);
            if (length < 0)
                return;
            if (_dialer is null || !_dialer.Equals(_from))
            {
                _dialer = new SocketAddress(_from.Family, _from.Size);
                _from.Buffer.Span[.._from.Size].CopyTo(_dialer.Buffer.Span);
            }

            var datagram = _buffer.AsSpan(0, length);
            CountForTransfer(length);
            for (var copies = ToListener.OnArrived(datagram, Now, TransferSeconds); copies > 0; copies--)
                _inner.Send(datagram, _target, ToListener.Counts);
        }
    }

    private void ReceiveFromListener()
    {
        for (var i = 0; i < MostPerTurn; i++)
        {
            var length = _inner.Receive(_buffer, _from);
            if (length < 0 || _dialer is null)
                return;
            var datagram = _buffer.AsSpan(0, length);
            CountForTransfer(length);
            for (var copies = ToDialer.OnArrived(datagram, Now, TransferSeconds); copies > 0; copies--)
                _outer.Send(datagram, _dialer, ToDialer.Counts);
        }
    }

    /// <summary>Starts the time of the conditions after more bytes than a handshake has.</summary>
    private void CountForTransfer(int length)
    {
        _bytes += length;
        if (_bytes > HandshakeBytes)
            _transferBegan ??= Now;
    }

    private void CountMisdirected(ProxySocket socket)
    {
        while (socket.Receive(_buffer, _from) >= 0)
            ToDialer.Counts.Misdirected++;
    }

    private void SendDue()
    {
        while (ToListener.TryTake(Now, out var datagram))
            Send(_inner, datagram, _target, ToListener.Counts);
        while (_dialer is { } dialer && ToDialer.TryTake(Now, out var datagram))
            Send(_outer, datagram, dialer, ToDialer.Counts);
    }

    private static void Send(ProxySocket socket, Waiting datagram, SocketAddress to, ProxyCounts counts)
    {
        socket.Send(datagram.Buffer.AsSpan(0, datagram.Length), to, counts);
        ArrayPool<byte>.Shared.Return(datagram.Buffer);
    }

    private void Rebind()
    {
        _rebinds.Dequeue();
        // The old port stays open, so that the kernel does not report to the listener that it is closed. A router would not either.
        _forgotten.Add(_inner);
        _inner = CreateInner();
    }
}
