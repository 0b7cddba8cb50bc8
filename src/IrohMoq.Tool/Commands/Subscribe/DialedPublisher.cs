using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Finds a broadcast at a peer that is dialed.</summary>
internal sealed class DialedPublisher(Moq moq, Peer peer, string name, bool retry, IOutput output) : IPublisher
{
    private readonly Redialing _sessions = new(moq, peer, output, ThreadPoolRuntime.Instance);
    private MoqSession? _session;
    private BroadcastSearch? _search;

    public string Step { get; private set; } = $"dialing {peer.Id.ToShortString()}";

    public async ValueTask<Found> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_session is not { Closed.IsCompleted: false } session)
            {
                Step = $"dialing {peer.Id.ToShortString()}";
                session = _session = await ConnectAsync(cancellationToken).ConfigureAwait(false);
                if (_search is not null)
                    await _search.DisposeAsync().ConfigureAwait(false);
                _search = new BroadcastSearch(session, name);
            }

            Step = $"waiting for the broadcast '{name}' to be announced";
            try
            {
                return await _search!.NextAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MoqSessionClosedException) when (retry)
            {
                // The next session follows.
            }
        }
    }

    public ValueTask<string?> DescribeAsync(CancellationToken cancellationToken) => _session is { Closed.IsCompleted: false } session
        ? AnnouncedNames.DescribeAsync(session, cancellationToken)
        : default;

    public ValueTask DisposeAsync() => _search?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<MoqSession> ConnectAsync(CancellationToken cancellationToken)
    {
        return retry
            ? await _sessions.NextAsync(cancellationToken).ConfigureAwait(false)
            : await peer.ConnectAsync(moq, cancellationToken).ConfigureAwait(false);
    }
}
