using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Represents a session whose connection the test chooses.</summary>
internal sealed class ChosenConnection(Runtime runtime) : ISessionHost
{
    private readonly List<Signal> _waiters = [];

    public MoqConnection? Current { get; private set; }

    /// <summary>Sets the connection on which the session continues.</summary>
    public void Choose(MoqConnection connection)
    {
        connection.Host = this;
        Current = connection;
        foreach (var waiter in _waiters)
            waiter.Set();
    }

    public IReadOnlyList<MoqConnection> Others(MoqConnection than) => Current is { } current && current != than ? [current] : [];

    public async ValueTask<MoqConnection?> NextAsync(MoqConnection than, CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        _waiters.Add(changed);
        while (Current == than)
            await changed.WaitAsync(cancellationToken);
        return Current;
    }

    public bool IsCarriedOnlyBy(MoqConnection connection) => Current == connection;
}
