using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Holds the path of a connection for any number of readers. The members are thread-safe, except for those that are documented as for the
/// I/O thread only.
/// </summary>
/// <param name="runtime">The runtime on which the readers continue.</param>
internal sealed class PathOfConnection(Runtime runtime)
{
    private readonly Lock _gate = new();
    private NetworkPath _network;
    private ConnectionPath? _current;
    private LatestValue<ConnectionPath>? _readers;
    private bool _isCompleted;

    /// <summary>Gets the current path.</summary>
    /// <exception cref="InvalidOperationException">The peer has not answered yet.</exception>
    public ConnectionPath Current => Volatile.Read(ref _current) ?? throw new InvalidOperationException("The connection has no path yet.");

    /// <summary>Sets the path, and notifies the readers if it is another one. Must be called on the I/O thread.</summary>
    public void Set(in NetworkPath path)
    {
        if (path == _network)
            return;
        _network = path;
        var current = new ConnectionPath(path.Local.ToEndPoint(), path.Remote.ToEndPoint());
        lock (_gate)
        {
            Volatile.Write(ref _current, current);
            _readers?.Set(current);
        }
    }

    /// <summary>Ends all enumerations, because the connection has ended.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isCompleted = true;
            _readers?.Complete(null);
        }
    }

    /// <summary>Returns the current path, and then the newest path after each change.</summary>
    public IAsyncEnumerable<ConnectionPath> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_readers is null)
            {
                _readers = new LatestValue<ConnectionPath>(runtime, Current);
                if (_isCompleted)
                    _readers.Complete(null);
            }

            return _readers.ReadAsync(cancellationToken);
        }
    }
}
