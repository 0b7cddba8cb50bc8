using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Stores the fronts of the names that the application has asked for. A name is followed while somebody waits for it or it has a front, so
/// that a name that nobody asks for costs nothing. This type is thread-safe.
/// </summary>
internal sealed class FrontTable(MoqManager manager, TimeSpan linger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BroadcastPath, FrontFeed> _feeds = [];

    /// <summary>Gets the number of names that are followed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _feeds.Count;
        }
    }

    /// <summary>Waits for a broadcast. One that is announced already is returned at once, also if the time is zero.</summary>
    /// <exception cref="MoqNotAnnouncedException">No peer has announced the broadcast in time.</exception>
    public async Task<BroadcastConsumer> WaitAsync(BroadcastPath name, TimeSpan time, CancellationToken cancellationToken)
    {
        manager.ThrowIfOver();
        cancellationToken.ThrowIfCancellationRequested();
        var feed = Open(name);
        try
        {
            if (feed.Fronts.Broadcasts.Find(name) is { } live)
                return live.Producer.Consume();
            using var limit = manager.Runtime.Limit(time, cancellationToken);
            using var over = manager.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
            try
            {
                return (await feed.Fronts.Broadcasts.WaitAsync(name, limit.Token).ConfigureAwait(false)).Producer.Consume();
            }
            catch (Exception) when (manager.Over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw manager.OverException();
            }
            catch (OperationCanceledException) when (limit.IsExpired)
            {
                throw new MoqNotAnnouncedException($"No peer has announced '{name}' within {time}. Check the name, or wait longer.");
            }
            catch (OperationCanceledException)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
        finally
        {
            Close(feed);
        }
    }

    /// <summary>Returns the current broadcast of a name, and then each later one, until the manager ends.</summary>
    public async IAsyncEnumerable<BroadcastConsumer> ReadAsync(
        BroadcastPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!manager.Over.IsCancellationRequested)
        {
            var feed = Open(name);
            try
            {
                var changes = feed.Fronts.Broadcasts.ReadAnnouncementsAsync(name, includeHidden: true, cancellationToken);
                await foreach (var change in changes.ConfigureAwait(false))
                {
                    // Each reader gets a consumer of its own, so that disposing it does not affect other readers.
                    if (change.IsActive)
                        yield return change.Broadcast.Producer.Consume();
                }
            }
            finally
            {
                Close(feed);
            }
        }

        if (manager.EndFault() is { } fault)
            throw fault;
    }

    private FrontFeed Open(BroadcastPath name)
    {
        FrontFeed? feed;
        lock (_gate)
        {
            if (!_feeds.TryGetValue(name, out feed))
                _feeds.Add(name, feed = new FrontFeed(manager, name, linger, ForgetUnused));
            feed.Users++;
        }

        feed.EnsureStarted();
        return feed;
    }

    private void Close(FrontFeed feed)
    {
        lock (_gate)
            feed.Users--;
        ForgetUnused(feed);
    }

    private void ForgetUnused(FrontFeed feed)
    {
        lock (_gate)
        {
            if (feed.Users > 0 || !feed.Fronts.IsEmpty || _feeds.GetValueOrDefault(feed.Name) != feed)
                return;
            _feeds.Remove(feed.Name);
        }

        feed.Stop();
    }
}
