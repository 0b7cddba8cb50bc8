namespace IrohMoq.Reactive;

/// <content>Requests broadcasts by names that need not be announced.</content>
public sealed partial class MoqSession
{
    /// <summary>
    /// Requests a broadcast from the peer that need not be announced under its name. A live broadcast of that name is returned immediately;
    /// otherwise, in moq-lite-06, the method waits until the peer announces a prefix of the name, and up to moq-lite-05, where only names
    /// can be announced, it returns at once.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>
    /// The broadcast. If the peer does not have it, its tracks fail with <see cref="MoqErrorCode.NotFound"/> or
    /// <see cref="MoqErrorCode.Unroutable"/>. It ends when the prefix is withdrawn: request it again then. One that goes on over other
    /// sessions is requested with <see cref="Moq.RequestBroadcastAsync"/>.
    /// </returns>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public async Task<BroadcastConsumer> RequestBroadcastAsync(BroadcastPath name, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return (await _shared.Remote.RequestAsync(name, cancellationToken).ConfigureAwait(false)).Producer.Consume();
    }
}
