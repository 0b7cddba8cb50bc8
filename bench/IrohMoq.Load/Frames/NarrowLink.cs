using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Load;

/// <summary>
/// Forwards the datagrams between a dialer and a listener like a router in front of a slow link: each direction has a maximum rate, and a
/// queue that drops datagrams when it is full.
/// </summary>
internal sealed class NarrowLink : IDisposable
{
    private const int LargestDatagram = 65_536;
    private const int SocketBuffer = 4 << 20;

    private readonly double _bytesPerSecond;
    private readonly int _queue;
    private readonly Socket _outer = Bind();
    private readonly Socket _inner = Bind();
    private readonly IPEndPoint _listener;
    private volatile IPEndPoint? _dialer;
    private long _dropped;

    /// <summary>Initializes a new link and starts forwarding.</summary>
    /// <param name="listener">The address of the listener.</param>
    /// <param name="bytesPerSecond">The rate of each direction in bytes per second.</param>
    /// <param name="queue">The maximum number of bytes in the queue of each direction.</param>
    public NarrowLink(IPEndPoint listener, double bytesPerSecond, int queue)
    {
        _listener = listener;
        _bytesPerSecond = bytesPerSecond;
        _queue = queue;
        Carry(_outer, _inner, () => _listener, from => _dialer = from);
        Carry(_inner, _outer, () => _dialer, static _ => { });
    }

    /// <summary>Gets the address that the dialer must dial.</summary>
    public IPEndPoint Address => (IPEndPoint)_outer.LocalEndPoint!;

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Dispose()
    {
        _outer.Dispose();
        _inner.Dispose();
    }

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = SocketBuffer, SendBufferSize = SocketBuffer,
        };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private void Carry(Socket from, Socket to, Func<IPEndPoint?> target, Action<IPEndPoint> seen)
    {
        var waiting = new BlockingCollection<byte[]>();
        var bytes = 0L;
        Start(() =>
        {
            var buffer = new byte[LargestDatagram];
            while (true)
            {
                EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
                var count = from.ReceiveFrom(buffer, ref sender);
                seen((IPEndPoint)sender);
                if (Interlocked.Add(ref bytes, count) <= _queue)
                {
                    waiting.Add(buffer[..count]);
                    continue;
                }

                Interlocked.Add(ref bytes, -count);
                Interlocked.Increment(ref _dropped);
            }
        });
        Start(() =>
        {
            // A token bucket of one millisecond, because a thread sleeps with a precision of about one millisecond.
            var burst = Stopwatch.Frequency / 1000;
            var free = Stopwatch.GetTimestamp();
            foreach (var datagram in waiting.GetConsumingEnumerable())
            {
                free = Math.Max(free, Stopwatch.GetTimestamp() - burst) + (long)(datagram.Length / _bytesPerSecond * Stopwatch.Frequency);
                while (free > Stopwatch.GetTimestamp() + burst)
                    Thread.Sleep(1);
                Interlocked.Add(ref bytes, -datagram.Length);
                if (target() is { } place)
                    to.SendTo(datagram, place);
            }
        });
    }

    private static void Start(Action body) => new Thread(() =>
    {
        try
        {
            body();
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The link is disposed.
        }
    }) { IsBackground = true }.Start();
}
