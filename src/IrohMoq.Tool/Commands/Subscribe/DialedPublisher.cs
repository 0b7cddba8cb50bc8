using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Finds a broadcast at a peer that is dialed.</summary>
internal sealed class DialedPublisher(Moq moq, Peer peer, string name, bool retry, IOutput output) : IPublisher
{
    private readonly Redialing _sessions = new(moq, peer, output, ThreadPoolRuntime.Instance);
    private MoqSession? _session;

    public string Step { get; private set; } = $"dialing {peer.Id.ToShortString()}";

    public async ValueTask<Found> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_session is not { Closed.IsCompleted: false } session)
            {
                Step = $"dialing {peer.Id.ToShortString()}";
                session = _session = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            }

            Step = $"waiting for the broadcast '{name}' to be announced";
            try
            {
                return new Found(session, await session.SubscribeAsync(name, cancellationToken).ConfigureAwait(false));
            }
            catch (MoqSessionClosedException) when (retry)
            {
                // The next session follows.
            }
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<MoqSession> ConnectAsync(CancellationToken cancellationToken)
    {
        if (retry)
            return await _sessions.NextAsync(cancellationToken).ConfigureAwait(false);
        var address = await peer.ResolveAsync(cancellationToken).ConfigureAwait(false);
        return await moq.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
    }
}
