using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Finds the broadcasts with one name at a peer, one after another: that which the peer announces or, if there is none, one below the
/// longest route to the name that the peer announces. A route is no promise that the name exists. It is used once, so that whoever was
/// refused there goes on with the next announcement.
/// </summary>
internal sealed class BroadcastSearch : IAsyncDisposable
{
    private readonly MoqSession _session;
    private readonly BroadcastPath _name;
    private readonly CancellationTokenSource _end = new();
    private readonly IAsyncEnumerator<Announcement> _announcements;

    public BroadcastSearch(MoqSession session, BroadcastPath name)
    {
        (_session, _name) = (session, name);
        _announcements = session.OriginConsumer.ReadAnnouncementsAsync(default, includeHidden: true, _end.Token).GetAsyncEnumerator();
    }

    /// <summary>Returns the broadcast to which an announcement leads, or null if that is not the best one to use.</summary>
    /// <param name="session">The session with the peer that announces.</param>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="announced">The name that is announced.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    public static async ValueTask<Found?> FindAsync(
        MoqSession session, BroadcastPath name, BroadcastPath announced, CancellationToken cancellationToken)
    {
        if (!announced.IsPrefixOf(name))
            return null;
        // The name itself and longer routes may be among the announcements that have not arrived yet.
        if (announced != name)
            await session.WaitUntilCaughtUpAsync(cancellationToken).ConfigureAwait(false);
        var origin = session.OriginConsumer;
        if (origin.Find(name) is { } broadcast)
            return new Found(session, broadcast, Route: null);
        // The names are in order, so that the longest route to the name is the last one.
        var longest = origin.Names.LastOrDefault(path => path.IsPrefixOf(name));
        if (announced != longest || origin.Find(announced) is not { Route.IsPrefix: true })
            return null;
        var requested = await session.RequestBroadcastAsync(name, cancellationToken).ConfigureAwait(false);
        return new Found(session, requested, announced);
    }

    /// <summary>Waits for the next broadcast.</summary>
    /// <param name="cancellationToken">The token that cancels the operation, after which this object cannot be used any more.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    public async ValueTask<Found> NextAsync(CancellationToken cancellationToken)
    {
        using var cancel = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        try
        {
            while (await _announcements.MoveNextAsync().ConfigureAwait(false))
            {
                if (_announcements.Current is { IsActive: true, Path: var announced }
                    && await FindAsync(_session, _name, announced, cancellationToken).ConfigureAwait(false) is { } found)
                    return found;
            }
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        // The session has ended, and this call tells why.
        return new Found(_session, await _session.SubscribeAsync(_name, cancellationToken).ConfigureAwait(false), Route: null);
    }

    public async ValueTask DisposeAsync()
    {
        _end.Cancel();
        await _announcements.DisposeAsync().ConfigureAwait(false);
        _end.Dispose();
    }
}
