using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Finds a broadcast at the first peer that dials and announces it.</summary>
internal sealed class ListeningPublisher : IPublisher
{
    private readonly BroadcastPath _name;
    private readonly CancellationTokenSource _end = new();
    private readonly IAsyncEnumerator<PeerAnnouncement> _announcements;

    public ListeningPublisher(Moq moq, BroadcastPath name)
    {
        _name = name;
        _announcements = moq.ReadAnnouncementsAsync(default, includeHidden: true, _end.Token).GetAsyncEnumerator();
    }

    public string Step => $"waiting for a peer that dials and announces '{_name}'";

    public ValueTask<string?> DescribeAsync(CancellationToken cancellationToken) => default;

    public async ValueTask<Found> NextAsync(CancellationToken cancellationToken)
    {
        using var cancel = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        try
        {
            while (await _announcements.MoveNextAsync().ConfigureAwait(false))
            {
                if (_announcements.Current is { IsActive: true } announced
                    && await FindAsync(announced, cancellationToken).ConfigureAwait(false) is { } found)
                    return found;
            }
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        throw new IOException("the endpoint has ended");
    }

    public async ValueTask DisposeAsync()
    {
        _end.Cancel();
        await _announcements.DisposeAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private async ValueTask<Found?> FindAsync(PeerAnnouncement announced, CancellationToken cancellationToken)
    {
        try
        {
            return await BroadcastSearch.FindAsync(announced.Session, _name, announced.Path, cancellationToken).ConfigureAwait(false);
        }
        catch (MoqSessionClosedException)
        {
            // The peer has left, and another one may come.
            return null;
        }
    }
}
