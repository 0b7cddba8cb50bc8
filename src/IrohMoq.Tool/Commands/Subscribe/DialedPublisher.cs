using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Finds a broadcast at a peer that is dialed.</summary>
internal sealed class DialedPublisher(Moq moq, Peer peer, string name, bool retry, IOutput output) : IPublisher
{
    private const int MaxNames = 5;
    private const int MaxNameLength = 60;
    private static readonly TimeSpan MaxListTime = TimeSpan.FromSeconds(2);

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

    public async ValueTask<string?> DescribeAsync(CancellationToken cancellationToken)
    {
        if (_session is not { Closed.IsCompleted: false } session)
            return null;
        BroadcastPath[] paths;
        try
        {
            var list = new AnnouncedList(session, default, isFollowed: false, ThreadPoolRuntime.Instance, cancellationToken);
            await using var listEnds = list.ConfigureAwait(false);
            var announced = await list.ReadCurrentAsync(MaxListTime).ConfigureAwait(false);
            paths = [.. announced.Select(static one => one.Path).Where(static path => !HiddenName.IsHidden(path, default))];
        }
        catch (MoqException)
        {
            // The session has ended, which the wait for the broadcast reports.
            return null;
        }

        if (paths.Length == 0)
            return "the peer announces no broadcasts";
        var names = string.Join(
            ", ", paths.Take(MaxNames).Select(static path => $"'{TerminalText.Escape(path.ToString(), MaxNameLength)}'"));
        return $"the peer announces {names}{(paths.Length > MaxNames ? $" and {paths.Length - MaxNames} more, which 'moq ls' lists" : "")}";
    }

    public ValueTask DisposeAsync() => _search?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<MoqSession> ConnectAsync(CancellationToken cancellationToken)
    {
        return retry
            ? await _sessions.NextAsync(cancellationToken).ConfigureAwait(false)
            : await peer.ConnectAsync(moq, cancellationToken).ConfigureAwait(false);
    }
}
