using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Load.Flood;

/// <summary>
/// Sends datagrams at a constant rate from a socket and a thread of its own, to a target that can be changed while it sends. So the CPU
/// time of the sender is the same whether or not the target is attacked.
/// </summary>
internal sealed class FloodGenerator : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[][] _packets;
    private readonly int _perSecond;
    private readonly Thread _thread;
    private volatile SocketAddress _target;
    private volatile bool _ends;
    private long _sent;

    /// <summary>Starts to send.</summary>
    /// <param name="packets">The datagrams, which are sent in turn.</param>
    /// <param name="perSecond">The number of datagrams per second.</param>
    /// <param name="target">The first target.</param>
    public FloodGenerator(byte[][] packets, int perSecond, IPEndPoint target)
    {
        _packets = packets;
        _perSecond = perSecond;
        _target = target.Serialize();
        // Another address of the machine than that of the peers, as a stranger has.
        _socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        _thread = new Thread(Run) { IsBackground = true, Name = "flood" };
        _thread.Start();
    }

    /// <summary>Gets the number of datagrams that were sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Sends to another target from now on.</summary>
    public void Aim(IPEndPoint target) => _target = target.Serialize();

    public void Dispose()
    {
        _ends = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        var start = Stopwatch.GetTimestamp();
        while (!_ends)
        {
            // A pause of the thread is made up for slowly, so that it is not followed by a burst.
            var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * _perSecond);
            var most = Math.Max(1, _perSecond / 300);
            for (var i = 0; i < most && _sent < due; i++)
            {
                try
                {
                    _socket.SendTo(_packets[_sent % _packets.Length], SocketFlags.None, _target);
                }
                catch (SocketException)
                {
                    // The target is closed.
                }

                Interlocked.Increment(ref _sent);
            }

            Thread.Sleep(1);
        }
    }
}
