using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Carries datagrams between one dialer and a listener, after a delay, as a NAT does: the listener sees the address of the relay. The
/// network can go away, and the NAT can give the dialer another address.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Socket _front = Bound(IPAddress.Loopback);
    private readonly List<Socket> _backs = [];
    private readonly List<Task> _forwarding = [];
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<EndPoint> _former = [];
    private readonly ConcurrentDictionary<string, bool> _ids = [];
    private readonly TimeSpan _delay;
    private volatile IPEndPoint _listener;
    private volatile Socket _back;
    private volatile EndPoint? _dialer;
    private volatile bool _cut;
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _toListener;
    private int _fromListener;
    private int _misdirected;

    /// <param name="listener">Where it carries datagrams to.</param>
    /// <param name="delay">How long each takes, one way.</param>
    public Relay(IPEndPoint listener, TimeSpan delay = default)
    {
        _listener = listener;
        _delay = delay;
        _back = OpenBack(IPAddress.Loopback);
        _forwarding.Add(ForwardAsync(_front, OnFromDialerAsync));
    }

    /// <summary>Gets the address that the dialer dials.</summary>
    public IPEndPoint Address => (IPEndPoint)_front.LocalEndPoint!;

    /// <summary>Gets the address at which the listener sees the dialer.</summary>
    public IPEndPoint OuterAddress => (IPEndPoint)_back.LocalEndPoint!;

    /// <summary>Gets the number of datagrams that came from the dialer.</summary>
    public int ToListener => Volatile.Read(ref _toListener);

    /// <summary>How many datagrams came from the listener, the misdirected ones included.</summary>
    public int FromListener => Volatile.Read(ref _fromListener);

    /// <summary>
    /// Gets the number of datagrams that the listener has sent to an address that the dialer had before, those included that were on the
    /// way at the rebinding.
    /// </summary>
    public int Misdirected => Volatile.Read(ref _misdirected);

    /// <summary>Gets the number of connection ids of the listener that the dialer has used after the handshake.</summary>
    public int IdsUsed => _ids.Count;

    public void Cut() => _cut = true;

    /// <summary>Whether the datagrams of the listener are lost.</summary>
    public bool LosesListener { get; set; }

    /// <summary>Completes when a datagram of the listener has been lost.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Carries datagrams again after <see cref="Cut"/>.</summary>
    public void Mend() => _cut = false;

    /// <summary>Carries datagrams to another listener from now on, as if that one were bound to the address of the former one.</summary>
    public void Replace(IPEndPoint listener)
    {
        lock (_former)
            _former.Add(_listener);
        _listener = listener;
    }

    /// <summary>
    /// Gives the dialer another port from now on, as a NAT that has forgotten it, or another address, as after a change of the network.
    /// What the listener sends to the former address is lost, and counted.
    /// </summary>
    public void Rebind(IPAddress? address = null) => _back = OpenBack(address ?? OuterAddress.Address);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_forwarding);
        _front.Dispose();
        foreach (var back in _backs)
            back.Dispose();
        _end.Dispose();
    }

    private static Socket Bound(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private Socket OpenBack(IPAddress address)
    {
        var back = Bound(address);
        _backs.Add(back);
        _forwarding.Add(ForwardAsync(back, (from, datagram) => OnFromListenerAsync(back, from, datagram)));
        return back;
    }

    private async Task ForwardAsync(Socket socket, Func<EndPoint, Memory<byte>, ValueTask> forward)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
                await forward(got.RemoteEndPoint, buffer.AsMemory(0, got.ReceivedBytes));
            }
        }
        catch (OperationCanceledException)
        {
            // The relay is disposed.
        }
    }

    private ValueTask OnFromDialerAsync(EndPoint from, Memory<byte> datagram)
    {
        _dialer = from;
        Interlocked.Increment(ref _toListener);
        var isShortHeader = (datagram.Span[0] & 0x80) == 0;
        if (isShortHeader)
            _ids.TryAdd(Convert.ToHexString(datagram.Span[1..(1 + ConnectionId.OwnLength)]), true);
        return CarryAsync(_back, datagram, _listener);
    }

    private ValueTask OnFromListenerAsync(Socket back, EndPoint from, Memory<byte> datagram)
    {
        lock (_former)
        {
            if (_former.Contains(from))
                return default;
        }

        if (LosesListener)
        {
            _lost.TrySetResult();
            return default;
        }

        Interlocked.Increment(ref _fromListener);
        if (back != _back)
        {
            Interlocked.Increment(ref _misdirected);
            return default;
        }

        return _dialer is { } dialer ? CarryAsync(_front, datagram, dialer) : default;
    }

    private ValueTask CarryAsync(Socket socket, Memory<byte> datagram, EndPoint target)
    {
        if (_delay == TimeSpan.Zero)
            return SendAsync(socket, datagram, target);
        _ = SendLaterAsync(socket, datagram.ToArray(), target);
        return default;
    }

    private async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> datagram, EndPoint target)
    {
        if (!_cut)
            await socket.SendToAsync(datagram, target, _end.Token);
    }

    private async Task SendLaterAsync(Socket socket, byte[] datagram, EndPoint target)
    {
        try
        {
            await Task.Delay(_delay, _end.Token);
            await SendAsync(socket, datagram, target);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The relay is disposed.
        }
    }
}
