using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Passes work from other threads to the I/O thread: connections that need it, dials, and the request to end. It wakes the thread only if
/// it sleeps. Safe for any thread, except for the members that are marked as for the I/O thread.
/// </summary>
internal sealed class HandOvers(UdpSocket socket)
{
    private readonly Lock _gate = new();
    private List<QuicConnection> _connections = [];
    private List<QuicConnection> _connectionsTaken = [];
    private List<Dial> _dials = [];
    private bool _stop;
    private bool _isOver;
    private int _isAsleep;

    /// <summary>Gets a value that indicates whether there is work to take.</summary>
    public bool Any
    {
        get
        {
            lock (_gate)
                return _connections.Count > 0 || _dials.Count > 0 || _stop;
        }
    }

    /// <summary>Adds a connection that needs the I/O thread.</summary>
    public void Add(QuicConnection connection)
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _connections.Add(connection);
        }

        WakeIfAsleep();
    }

    /// <exception cref="ObjectDisposedException">The endpoint has ended or is ending.</exception>
    public void Add(Dial dial)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop || _isOver, typeof(IrohEndpoint));
            _dials.Add(dial);
        }

        WakeIfAsleep();
    }

    /// <summary>Asks the I/O thread to end.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stop = true;
            // After the thread has ended, the file descriptor of the wake-up may belong to another file.
            if (!_isOver)
                socket.Wake();
        }
    }

    /// <summary>I/O thread: it has to be woken from now on.</summary>
    public void FallAsleep() => Interlocked.Exchange(ref _isAsleep, 1);

    /// <summary>Marks the I/O thread as awake, so that other threads do not wake it. Called on the I/O thread.</summary>
    public void GetUp() => Interlocked.Exchange(ref _isAsleep, 0);

    /// <summary>I/O thread: takes the work. The caller clears the connections before the next call.</summary>
    /// <returns>False if the thread is to end.</returns>
    public bool TryTake(out List<QuicConnection> connections, out List<Dial>? dials)
    {
        dials = null;
        lock (_gate)
        {
            (_connections, _connectionsTaken) = (_connectionsTaken, _connections);
            if (_dials.Count > 0)
                (_dials, dials) = ([], _dials);
            connections = _connectionsTaken;
            return !_stop;
        }
    }

    /// <summary>I/O thread, at its end: no more work is taken, and the socket is closed while no thread can wake it.</summary>
    /// <returns>The dials that have not begun.</returns>
    public List<Dial> Close()
    {
        lock (_gate)
        {
            _isOver = true;
            socket.Dispose();
            return _dials;
        }
    }

    private void WakeIfAsleep()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) == 0)
            return;
        lock (_gate)
        {
            if (!_isOver)
                socket.Wake();
        }
    }
}
