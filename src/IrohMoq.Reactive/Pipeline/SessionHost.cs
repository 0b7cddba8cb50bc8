using System.Collections.Immutable;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Tells what runs on a session's connections where the session goes on. Any thread.</summary>
internal sealed class SessionHost(SharedSession session, Runtime runtime) : ISessionHost
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiters = [];
    private ImmutableArray<MoqConnection> _carriers = [];
    private MoqConnection? _main;
    private bool _isOver;

    public MoqConnection? Current
    {
        get
        {
            lock (_gate)
                return Open(null);
        }
    }

    /// <summary>The session is carried by these, or by none for now.</summary>
    public void Set(ImmutableArray<MoqConnection> carriers, MoqConnection main)
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

    public IReadOnlyList<MoqConnection> Others(MoqConnection than)
    {
        lock (_gate)
            return [.. _carriers.Where(other => other != than)];
    }

    public async ValueTask<MoqConnection?> NextAsync(MoqConnection than, CancellationToken cancellationToken)
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

    public bool IsCarriedOnlyBy(MoqConnection connection) => session.IsCarriedOnlyBy(connection);

    /// <summary>The connection that stays; if that one is over, and its end not reported yet, another one. Under the lock.</summary>
    private MoqConnection? Open(MoqConnection? than)
    {
        if (_isOver)
            return null;
        if (_main is { IsOpen: true } main && _carriers.Contains(main))
            return main == than ? null : main;
        foreach (var carrier in _carriers)
        {
            if (carrier.IsOpen && carrier != than)
                return carrier;
        }

        return null;
    }

    private void Wake()
    {
        foreach (var waiter in _waiters)
            waiter.Set();
    }
}
