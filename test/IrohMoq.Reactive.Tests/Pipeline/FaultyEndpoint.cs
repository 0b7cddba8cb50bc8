using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>An in-memory endpoint that counts its dials, fails them on request, and can end with a fault.</summary>
internal sealed class FaultyEndpoint : IEndpoint
{
    private readonly InMemoryEndpoint _inner;
    private readonly Completion<Exception?> _closed;

    public FaultyEndpoint(InMemoryEndpoint inner)
    {
        _inner = inner;
        _closed = new Completion<Exception?>(inner.Runtime);
        _ = CloseWithInnerAsync();
    }

    public InMemoryEndpoint Inner => _inner;

    public EndpointId Id => _inner.Id;

    public EndpointAddr Address => _inner.Address;

    // A task for each caller: of two awaits on one task the second would leave virtual time.
    public Task<Exception?> Closed => _closed.WaitAsync();

    public Runtime Runtime => _inner.Runtime;

    public bool IsOver => _closed.IsSet;

    /// <summary>Gets the number of dials that have begun.</summary>
    public int Dials { get; private set; }

    /// <summary>Gets the number of open connections.</summary>
    public int Open => _inner.Connected.Count;

    /// <summary>Gets or sets the function that makes the exception of every dial; null for successful dials.</summary>
    public Func<Exception>? DialFault { get; set; }

    public void Listen(IReadOnlyList<string> protocols) => _inner.Listen(protocols);

    public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        _inner.AcceptAsync(cancellationToken);

    public ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        Dials++;
        return DialFault is { } fault ? throw fault() : _inner.ConnectAsync(remote, protocols, cancellationToken);
    }

    /// <summary>Ends the endpoint with a fault.</summary>
    public ValueTask FailAsync(Exception fault)
    {
        _closed.TrySet(fault);
        return _inner.DisposeAsync();
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async Task CloseWithInnerAsync() => _closed.TrySet(await _inner.Closed.ConfigureAwait(false));
}
