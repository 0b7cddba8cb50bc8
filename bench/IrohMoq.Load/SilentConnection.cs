using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load;

/// <summary>
/// Represents a connection on which no data is sent until it is closed, to measure the cost of a session without a transport.
/// </summary>
internal sealed class SilentConnection(ReadOnlyMemory<byte> remoteId) : ITransportConnection
{
    private readonly Completion<TransportEnd> _closed = new(ThreadPoolRuntime.Instance);

    public ReadOnlyMemory<byte> RemoteId => remoteId;

    public string Protocol => "moq-lite-03";

    public bool IsOutbound => false;

    public Task<TransportEnd> Closed => _closed.Task;

    public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) => UntilClosedAsync<ISendStream>();

    public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) => UntilClosedAsync<BidiStream>();

    public ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) => UntilClosedAsync<IReceiveStream>();

    public ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) => UntilClosedAsync<BidiStream>();

    public void Close(ulong code, string reason) =>
        _closed.TrySet(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, IsRemote: false));

    public ValueTask DisposeAsync()
    {
        Close(0, "");
        return default;
    }

    private async ValueTask<T> UntilClosedAsync<T>() => throw new TransportClosedException(await Closed);
}
