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
            var broadcasts = feed.Fronts.Broadcasts;
            return await WaitAsync(
                async stop => (await broadcasts.WaitAsync(name, stop).ConfigureAwait(false)).Producer.Consume(),
                name,
                time,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Close(feed);
        }
    }

    /// <summary>
    /// Returns the broadcast with a name or, if there is none, one below the longest announced prefix. The method waits for such a prefix.
    /// </summary>
    public async Task<BroadcastConsumer> RequestAsync(BroadcastPath name, CancellationToken cancellationToken)
    {
        manager.ThrowIfOver();
        cancellationToken.ThrowIfCancellationRequested();
        var changed = new Signal(manager.Runtime);
        // The longest name is the first.
        var feeds = OriginProducer.Covering(name).Select(Open).ToArray();
        try
        {
            foreach (var feed in feeds)
                feed.Fronts.AddWaiter(changed);
            return await WaitAsync(RequestAsync, name, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var feed in feeds)
            {
                feed.Fronts.RemoveWaiter(changed);
                Close(feed);
            }
        }

        async ValueTask<BroadcastConsumer> RequestAsync(CancellationToken stop)
        {
            while (true)
            {
                foreach (var feed in feeds)
                {
                    if (feed.Fronts.Request(name) is { } broadcast)
                        return broadcast.Consume();
                }

                await changed.WaitAsync(stop).ConfigureAwait(false);
            }
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
                var changes = feed.Fronts.Broadcasts.AnnouncementsAsync(name, includeHidden: true, cancellationToken);
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

    /// <summary>Waits for a broadcast until there is one, the time elapses, the caller cancels, or the manager ends.</summary>
    private async Task<BroadcastConsumer> WaitAsync(
        Func<CancellationToken, ValueTask<BroadcastConsumer>> wait,
        BroadcastPath name,
        TimeSpan time,
        CancellationToken cancellationToken)
    {
        using var limit = manager.Runtime.Limit(time, cancellationToken);
        using var over = manager.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
        try
        {
            return await wait(limit.Token).ConfigureAwait(false);
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
