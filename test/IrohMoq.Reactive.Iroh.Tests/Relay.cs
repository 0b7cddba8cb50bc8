using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Carries datagrams between one dialer and a listener, after a delay, until it is cut, as a network that goes away.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<EndPoint> _former = [];
    private volatile IPEndPoint _listener;
    private readonly TimeSpan _delay;
    private readonly Task _forwarding;
    private volatile bool _cut;
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _toListener;

    /// <param name="listener">Where it carries datagrams to.</param>
    /// <param name="delay">How long each takes, one way.</param>
    public Relay(IPEndPoint listener, TimeSpan delay = default)
    {
        _listener = listener;
        _delay = delay;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _forwarding = ForwardAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Gets the number of datagrams that came from the dialer.</summary>
    public int ToListener => Volatile.Read(ref _toListener);

    public void Cut() => _cut = true;

    /// <summary>Whether the datagrams of the listener are lost.</summary>
    public bool LosesListener { get; set; }

    /// <summary>Completes when a datagram of the listener has been lost.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Carries datagrams to another listener from now on, as if that one were bound to the address of the former one.</summary>
    public void Replace(IPEndPoint listener)
    {
        lock (_former)
            _former.Add(_listener);
        _listener = listener;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _forwarding;
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task ForwardAsync()
    {
        var buffer = new byte[65536];
        EndPoint? dialer = null;
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
                lock (_former)
                {
                    if (_former.Contains(got.RemoteEndPoint))
                        continue;
                }

                var fromListener = got.RemoteEndPoint.Equals(_listener);
                if (fromListener && LosesListener)
                {
                    _lost.TrySetResult();
                    continue;
                }

                if (!fromListener)
                {
                    dialer = got.RemoteEndPoint;
                    Interlocked.Increment(ref _toListener);
                }

                if ((fromListener ? dialer : _listener) is not { } target)
                    continue;
                if (_delay == TimeSpan.Zero)
                    await SendAsync(buffer.AsMemory(0, got.ReceivedBytes), target);
                else
                    _ = SendLaterAsync(buffer[..got.ReceivedBytes], target);
            }
        }
        catch (OperationCanceledException)
        {
            // The relay is disposed.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, EndPoint target)
    {
        if (!_cut)
            await _socket.SendToAsync(datagram, target, _end.Token);
    }

    private async Task SendLaterAsync(byte[] datagram, EndPoint target)
    {
        try
        {
            await Task.Delay(_delay, _end.Token);
            await SendAsync(datagram, target);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The relay is disposed.
        }
    }
}
