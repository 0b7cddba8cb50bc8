using System.Collections.Concurrent;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Tests.Endpoints;

/// <summary>An endpoint whose connections a test makes up.</summary>
internal sealed class FakeEndpoint : IEndpoint
{
    private readonly Mailbox<ITransportConnection> _incoming = new(ThreadPoolRuntime.Instance, 10_000);
    private readonly Completion<Exception?> _closed = new(ThreadPoolRuntime.Instance);

    public ConcurrentQueue<string[]> Listened { get; } = new();

    public EndpointId Id => default;

    public EndpointAddr Address { get; } = new(default);

    public Task<Exception?> Closed => End ?? _closed.Task;

    /// <summary>Gets the task of the end, if that is to fail.</summary>
    public Task<Exception?>? End { get; init; }

    public Runtime Runtime => ThreadPoolRuntime.Instance;

    public bool IsDisposed { get; private set; }

    public FakeConnection Dial(string protocol, byte peer = 1)
    {
        var connection = new FakeConnection(protocol, peer);
        Assert.That(_incoming.TryWrite(connection), Is.True);
        return connection;
    }

    public void Die(Exception? fault)
    {
        _closed.TrySet(fault);
        _incoming.End();
    }

    public void Listen(IReadOnlyList<string> protocols)
    {
        ObjectDisposedException.ThrowIf(_closed.IsSet, this);
        Listened.Enqueue([.. protocols]);
    }

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _incoming.WaitToReadAsync(cancellationToken))
        {
            if (_incoming.TryRead(out var connection))
                return connection;
        }

        throw new ObjectDisposedException(nameof(FakeEndpoint));
    }

    public ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        Die(null);
        return default;
    }
}

/// <summary>A connection that remembers how it was ended.</summary>
internal sealed class FakeConnection(string protocol, byte peer) : ITransportConnection
{
    private readonly Completion<TransportEnd> _closed = new(ThreadPoolRuntime.Instance);
    private readonly Completion<bool> _disposed = new(ThreadPoolRuntime.Instance);

    public ReadOnlyMemory<byte> RemoteId { get; } = Enumerable.Repeat(peer, EndpointId.Size).ToArray();

    public string Protocol => protocol;

    public bool IsOutbound => false;

    public Task<TransportEnd> Closed => _closed.Task;

    public Task Disposed => _disposed.Task;

    public bool IsClosed => _closed.IsSet;

    public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Close(ulong code, string reason) =>
        _closed.TrySet(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: false));

    public ValueTask DisposeAsync()
    {
        Close(0, "");
        _disposed.TrySet(true);
        return default;
    }
}

/// <summary>A handler of which a test says what it does.</summary>
internal sealed class FakeHandler(params string[] protocols) : IProtocolHandler
{
    private readonly Mailbox<ITransportConnection> _accepted = new(ThreadPoolRuntime.Instance, 10_000);
    private int _shutdowns;

    public Func<ITransportConnection, CancellationToken, ValueTask> OnAccept { get; init; } = (_, _) => default;

    public Func<CancellationToken, ValueTask> OnShutdown { get; init; } = _ => default;

    public IReadOnlyList<string> Protocols => protocols;

    public int Accepted => _accepted.Count;

    public int Shutdowns => Volatile.Read(ref _shutdowns);

    public ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        _accepted.TryWrite(connection);
        return OnAccept(connection, cancellationToken);
    }

    public ValueTask ShutdownAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _shutdowns);
        return OnShutdown(cancellationToken);
    }

    public async Task<ITransportConnection> NextAsync(CancellationToken cancellationToken)
    {
        Assert.That(await _accepted.WaitToReadAsync(cancellationToken), Is.True);
        return _accepted.TryRead(out var connection) ? connection : throw new InvalidOperationException("one reader at a time");
    }
}

/// <summary>A log that a test can read.</summary>
internal sealed class FakeLog : ILoggerFactory, ILogger
{
    private readonly StringBuilder _text = new();

    public override string ToString()
    {
        lock (_text)
            return _text.ToString();
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_text)
            _text.AppendLine($"{logLevel}: {formatter(state, exception)} {exception?.Message}");
    }

    public void Dispose()
    {
    }
}
