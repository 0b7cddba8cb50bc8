using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Commands;

/// <summary>Provides the sessions with a peer that is dialed again and again, one after the other.</summary>
internal sealed class Reconnecting : IObserver<MoqSession>, IDisposable
{
    private readonly Mailbox<MoqSession> _sessions = new(ThreadPoolRuntime.Instance, capacity: 16);
    private readonly IDisposable _subscription;

    public Reconnecting(Moq moq, EndpointAddr peer) => _subscription = moq.Reconnect(peer).Subscribe(this);

    /// <summary>Returns the next session. It stays open while the peer keeps it open.</summary>
    /// <exception cref="MoqException">Dialing again would lead to the same result.</exception>
    public async ValueTask<MoqSession> NextAsync(CancellationToken cancellationToken)
    {
        while (await _sessions.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // Only the newest session may still be open.
            MoqSession? newest = null;
            while (_sessions.TryRead(out var session))
                newest = session;
            if (newest is not null)
                return newest;
        }

        throw new IOException("the endpoint has ended");
    }

    public void Dispose() => _subscription.Dispose();

    void IObserver<MoqSession>.OnNext(MoqSession value)
    {
        // The oldest session makes room.
        while (!_sessions.TryWrite(value) && _sessions.TryRead(out _))
        {
        }
    }

    void IObserver<MoqSession>.OnError(Exception error) => _sessions.End(error);

    void IObserver<MoqSession>.OnCompleted() => _sessions.End();
}
