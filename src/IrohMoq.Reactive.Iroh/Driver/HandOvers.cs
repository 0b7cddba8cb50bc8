namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Passes work from other threads to the I/O thread: connections with pending work, dials, a change of the network, and the request to end.
/// Wakes the I/O thread only if the thread is waiting. The members are thread-safe, except for those that are documented as for the I/O
/// thread only.
/// </summary>
internal sealed class HandOvers(SocketSet sockets)
{
    private readonly Lock _gate = new();
    private List<DrivenConnection> _connections = [];
    private List<DrivenConnection> _connectionsTaken = [];
    private List<Dial> _dials = [];
    private bool _hasNetworkChanged;
    private bool _stop;
    private bool _isOver;
    private int _isAsleep;

    /// <summary>Gets a value that indicates whether there is work for the I/O thread.</summary>
    public bool Any
    {
        get
        {
            lock (_gate)
                return _connections.Count > 0 || _dials.Count > 0 || _hasNetworkChanged || _stop;
        }
    }

    /// <summary>Adds a connection with pending work. Has no effect after the I/O thread has ended.</summary>
    public void Add(DrivenConnection connection)
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _connections.Add(connection);
        }

        WakeIfAsleep();
    }

    /// <summary>Adds a dial that the I/O thread must start.</summary>
    /// <exception cref="ObjectDisposedException">The endpoint has ended or is ending.</exception>
    public void Add(Dial dial)
    {
        lock (_gate)
        {
            if (_stop || _isOver)
                throw Ended();
            _dials.Add(dial);
        }

        WakeIfAsleep();
    }

    /// <summary>Adds a change of the machine's network. Has no effect after the I/O thread has ended.</summary>
    public void AddNetworkChange()
    {
        lock (_gate)
            _hasNetworkChanged = true;
        WakeIfAsleep();
    }

    /// <summary>Requests the I/O thread to end.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stop = true;
            // After the thread has ended, the file descriptor of the wake-up event may already belong to another file.
            if (!_isOver)
                sockets.Wake();
        }
    }

    /// <summary>Marks the I/O thread as waiting, so that other threads wake it. Must be called on the I/O thread.</summary>
    public void FallAsleep() => Interlocked.Exchange(ref _isAsleep, 1);

    /// <summary>Marks the I/O thread as awake, so that other threads do not wake it. Must be called on the I/O thread.</summary>
    public void GetUp() => Interlocked.Exchange(ref _isAsleep, 0);

    /// <summary>
    /// Takes the added work. Must be called on the I/O thread, which must clear the list of connections before the next call.
    /// </summary>
    /// <returns>True to continue; false if the thread must end.</returns>
    public bool TryTake(out List<DrivenConnection> connections, out List<Dial>? dials, out bool hasNetworkChanged)
    {
        dials = null;
        lock (_gate)
        {
            (hasNetworkChanged, _hasNetworkChanged) = (_hasNetworkChanged, false);
            (_connections, _connectionsTaken) = (_connectionsTaken, _connections);
            if (_dials.Count > 0)
                (_dials, dials) = ([], _dials);
            connections = _connectionsTaken;
            return !_stop;
        }
    }

    /// <summary>
    /// Rejects further work, and disposes the sockets under the lock, so that no other thread can use them afterwards. Must be called
    /// once, on the I/O thread at its end.
    /// </summary>
    /// <returns>The dials that have not been started.</returns>
    public List<Dial> Close()
    {
        lock (_gate)
        {
            _isOver = true;
            sockets.Dispose();
            return _dials;
        }
    }

    private static ObjectDisposedException Ended() => new(nameof(IrohEndpoint));

    private void WakeIfAsleep()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) == 0)
            return;
        lock (_gate)
        {
            if (!_isOver)
                sockets.Wake();
        }
    }
}
