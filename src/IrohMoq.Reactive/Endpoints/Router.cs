using IrohMoq.Reactive.Endpoints;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Accepts the connections of an endpoint and passes each to the handler of its protocol (ALPN). The handlers run independently: a
/// handler that fails or stalls stops neither the router nor the other handlers. An endpoint has only one router, which sets the
/// protocols that the endpoint accepts.
/// </summary>
/// <remarks>Disposing the router shuts down the handlers. The endpoint stays open; its owner disposes it afterwards.</remarks>
public sealed class Router : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IEndpoint _endpoint;
    private readonly RouterOptions _options;
    private readonly ILogger _logger;
    private readonly IProtocolHandler[] _handlers;
    private readonly Dictionary<string, IProtocolHandler> _byProtocol = new(StringComparer.Ordinal);
    private readonly List<string> _protocols = [];
    private readonly LinkedList<ITransportConnection> _accepting = [];
    private readonly Completion<Exception?> _closed;
    private readonly Completion<bool> _disposed;
    private readonly Signal _ended;
    // The source is never disposed, because it holds no resources and handlers may still use its token.
#pragma warning disable CA2213
    private readonly CancellationTokenSource _stop = new();
#pragma warning restore CA2213
    private int _running;
    private bool _stopping;

    private Router(IEndpoint endpoint, RouterOptions options, IProtocolHandler[] handlers)
    {
        _endpoint = endpoint;
        _options = options;
        _handlers = handlers;
        foreach (var handler in handlers)
            Register(handler);
        _logger = options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Router");
        _closed = new(endpoint.Runtime);
        _disposed = new(endpoint.Runtime);
        _ended = new(endpoint.Runtime);
    }

    /// <summary>
    /// Gets a task that completes when no more connections are accepted: with null after the router or the endpoint was disposed,
    /// otherwise with the exception that ended the endpoint. The task never faults.
    /// </summary>
    public Task<Exception?> Closed => _closed.Task;

    /// <summary>Starts a router with the default options.</summary>
    /// <param name="endpoint">The endpoint whose connections are accepted.</param>
    /// <param name="handlers">The handlers; the protocols of the first handler are preferred.</param>
    /// <exception cref="ArgumentException">Two handlers serve the same protocol.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    public static Router Start(IEndpoint endpoint, params ReadOnlySpan<IProtocolHandler> handlers) =>
        Start(endpoint, new RouterOptions(), handlers);

    /// <summary>Starts a router with the given options.</summary>
    /// <param name="endpoint">The endpoint whose connections are accepted.</param>
    /// <param name="options">The options.</param>
    /// <param name="handlers">The handlers; the protocols of the first handler are preferred.</param>
    /// <exception cref="ArgumentException">Two handlers serve the same protocol.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    public static Router Start(IEndpoint endpoint, RouterOptions options, params ReadOnlySpan<IProtocolHandler> handlers)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        var router = new Router(endpoint, options, handlers.ToArray());
        endpoint.Listen(router._protocols);
        router.Run(router.AcceptAllAsync);
        return router;
    }

    /// <summary>
    /// Stops accepting connections, cancels the calls of <see cref="IProtocolHandler.AcceptAsync"/>, calls
    /// <see cref="IProtocolHandler.ShutdownAsync"/> of all handlers at once, and waits for them for at most
    /// <see cref="RouterOptions.ShutdownTimeout"/>. Connections that no handler has taken over by then are closed with code 0.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stopping)
                return new(_disposed.Task);
            _stopping = true;
        }

        _endpoint.Runtime.Post(() => _ = ShutdownAsync());
        return new(_disposed.Task);
    }

    private void Register(IProtocolHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        foreach (var protocol in handler.Protocols)
        {
            if (!_byProtocol.TryAdd(protocol, handler))
                throw new ArgumentException($"Two handlers serve the protocol \"{protocol}\"; each protocol goes to one.", nameof(handler));
            _protocols.Add(protocol);
        }
    }

    // Starts work for which the shutdown waits. The work catches its own exceptions.
    private void Run(Func<Task> work)
    {
        Interlocked.Increment(ref _running);
        _endpoint.Runtime.Post(() => _ = CountedAsync());

        async Task CountedAsync()
        {
            await work().ConfigureAwait(false);
            Interlocked.Decrement(ref _running);
            _ended.Set();
        }
    }

    private async Task AcceptAllAsync()
    {
        Exception? fault = null;
        try
        {
            while (true)
                Dispatch(await _endpoint.AcceptAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (Exception end)
        {
            fault = await WhyAsync(end).ConfigureAwait(false);
        }

        _closed.TrySet(fault);
    }

    private async ValueTask<Exception?> WhyAsync(Exception end)
    {
        if (_stop.IsCancellationRequested)
            return null;
        var fault = end is ObjectDisposedException ? await _endpoint.WhenEndedAsync().ConfigureAwait(false) : end;
        _logger.EndpointOver(fault);
        return fault;
    }

    private void Dispatch(ITransportConnection connection)
    {
        if (!_byProtocol.TryGetValue(connection.Protocol, out var handler))
        {
            _logger.NoHandler(Peer(connection), connection.Protocol);
            Refuse(connection, MoqErrorCode.UnknownAlpn, "no handler for this protocol");
            return;
        }

        LinkedListNode<ITransportConnection>? entry = null;
        bool stopping;
        int others;
        lock (_gate)
        {
            stopping = _stopping;
            others = _accepting.Count;
            if (!stopping && others < _options.MaxAccepting)
                entry = _accepting.AddLast(connection);
        }

        if (entry is not null)
        {
            Run(() => ServeAsync(handler, entry));
            return;
        }

        if (!stopping)
            _logger.TooMany(others, Peer(connection), connection.Protocol);
        Refuse(connection, stopping ? MoqErrorCode.Cancel : MoqErrorCode.Transport, stopping ? "shutting down" : "too many connections");
    }

    private async Task ServeAsync(IProtocolHandler handler, LinkedListNode<ITransportConnection> entry)
    {
        var connection = entry.Value;
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            await handler.AcceptAsync(connection, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Refuse(connection, MoqErrorCode.Cancel, "shutting down");
        }
        catch (Exception fault)
        {
            _logger.HandlerFailed(Peer(connection), connection.Protocol, fault);
            Refuse(connection, MoqErrorCode.Transport, "handler failed");
        }

        lock (_gate)
            _accepting.Remove(entry);
    }

    private void Refuse(ITransportConnection connection, MoqErrorCode code, string reason)
    {
        connection.Close(code.Value, reason);
        Run(() => DisposeAsync(connection));
    }

    private async Task DisposeAsync(ITransportConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _logger.DisposeFailed(Peer(connection), fault);
        }
    }

    private static string Peer(ITransportConnection connection) =>
        connection.RemoteId.Length == EndpointId.Size ? new EndpointId(connection.RemoteId.Span).ToShortString() : "an unknown peer";

    private async Task ShutdownAsync()
    {
        using var limit = _endpoint.Runtime.Limit(_options.ShutdownTimeout);
        Run(() =>
        {
            StopAccepting();
            return Task.CompletedTask;
        });
        foreach (var handler in _handlers)
            Run(() => ShutdownAsync(handler, limit.Token));

        try
        {
            while (Volatile.Read(ref _running) > 0)
                await _ended.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _logger.ShutdownTooLong(Volatile.Read(ref _running), _options.ShutdownTimeout);
        }

        ITransportConnection[] left;
        lock (_gate)
            left = [.. _accepting];
        foreach (var connection in left)
            connection.Close(MoqErrorCode.Cancel.Value, "shutting down");
        _closed.TrySet(null);
        _disposed.TrySet(true);
    }

    private void StopAccepting()
    {
        try
        {
            _endpoint.Listen([]);
        }
        catch (ObjectDisposedException)
        {
            // The endpoint has ended already, so it accepts no connections.
        }

        try
        {
            _stop.Cancel();
        }
        catch (AggregateException fault)
        {
            _logger.CancelFailed(fault);
        }
    }

    private async Task ShutdownAsync(IProtocolHandler handler, CancellationToken cancellationToken)
    {
        try
        {
            await handler.ShutdownAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The time limit has elapsed; the shutdown as a whole is logged as too long.
        }
        catch (Exception fault)
        {
            _logger.ShutdownFailed(handler.Protocols.Count > 0 ? handler.Protocols[0] : "", fault);
        }
    }
}
