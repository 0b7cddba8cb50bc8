using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// What other threads hand to the I/O thread: connections that have something for it, dials, and the wish to end. It wakes the thread if
/// that sleeps, and only then. Safe for any thread; what says so is for the I/O thread only.
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

    /// <summary>True if there is something to take.</summary>
    public bool Any
    {
        get
        {
            lock (_gate)
                return _connections.Count > 0 || _dials.Count > 0 || _stop;
        }
    }

    /// <summary>This connection has something for the I/O thread.</summary>
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

    /// <exception cref="ObjectDisposedException">The endpoint ends or has ended.</exception>
    public void Add(Dial dial)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop || _isOver, typeof(IrohEndpoint));
            _dials.Add(dial);
        }

        WakeIfAsleep();
    }

    /// <summary>Lets the I/O thread end.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stop = true;
            // Once the thread is over the wake-up's number may be somebody else's file.
            if (!_isOver)
                socket.Wake();
        }
    }

    /// <summary>I/O thread: from here on it has to be woken.</summary>
    public void FallAsleep() => Interlocked.Exchange(ref _isAsleep, 1);

    /// <summary>I/O thread: it looks by itself.</summary>
    public void GetUp() => Interlocked.Exchange(ref _isAsleep, 0);

    /// <summary>I/O thread: takes what there is. The caller clears the connections before the next call.</summary>
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

    /// <summary>I/O thread, at its end: nothing is taken any more, and the socket is closed while nobody wakes it.</summary>
    /// <returns>Dials that nobody will begin.</returns>
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
