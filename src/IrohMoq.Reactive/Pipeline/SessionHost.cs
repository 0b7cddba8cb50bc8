using System.Collections.Immutable;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Tells what runs on a session's connections where the session goes on. Any thread.</summary>
internal sealed class SessionHost(Runtime runtime) : ISessionHost
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiters = [];
    private ImmutableArray<Carrier> _carriers = [];
    private Carrier? _main;
    private bool _isOver;

    public Session? Current
    {
        get
        {
            lock (_gate)
                return Open(null);
        }
    }

    /// <summary>The session is carried by these, or by none for now.</summary>
    public void Set(ImmutableArray<Carrier> carriers, Carrier main)
    {
        lock (_gate)
        {
            _carriers = carriers;
            _main = main;
            Wake();
        }
    }

    /// <summary>The session is over.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            Wake();
        }
    }

    public IReadOnlyList<Session> Others(Session than)
    {
        lock (_gate)
            return [.. _carriers.Select(static carrier => carrier.Session).Where(session => session != than)];
    }

    public async ValueTask<Session?> NextAsync(Session than, CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_isOver || Open(than) is not null)
                        return Open(than);
                    if (!_waiters.Contains(changed))
                        _waiters.Add(changed);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(changed);
        }
    }

    /// <summary>The connection that stays; if that one is over, and its end not reported yet, another one. Under the lock.</summary>
    private Session? Open(Session? than)
    {
        if (_isOver)
            return null;
        if (_main is { IsOpen: true } main && _carriers.Contains(main))
            return main.Session == than ? null : main.Session;
        foreach (var carrier in _carriers)
        {
            if (carrier.IsOpen && carrier.Session != than)
                return carrier.Session;
        }

        return null;
    }

    private void Wake()
    {
        foreach (var waiter in _waiters)
            waiter.Set();
    }
}
