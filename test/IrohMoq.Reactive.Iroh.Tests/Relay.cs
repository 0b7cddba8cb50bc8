using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Carries datagrams between one dialler and a listener until it is cut, as a network that goes away.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _listener;
    private readonly Task _forwarding;
    private volatile bool _cut;
    private int _toListener;

    public Relay(IPEndPoint listener)
    {
        _listener = listener;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _forwarding = ForwardAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>How many datagrams came from the dialler.</summary>
    public int ToListener => Volatile.Read(ref _toListener);

    public void Cut() => _cut = true;

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
        EndPoint? dialler = null;
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
                var fromListener = got.RemoteEndPoint.Equals(_listener);
                if (!fromListener)
                {
                    dialler = got.RemoteEndPoint;
                    Interlocked.Increment(ref _toListener);
                }

                if (!_cut && (fromListener ? dialler : _listener) is { } target)
                    await _socket.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), target, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The relay is disposed.
        }
    }
}
