using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Diagnostics;

namespace IrohMoq.Reactive;

/// <summary>Follows what the peers of all sessions announce under one name, and keeps its fronts up to date.</summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed class FrontFeed
#pragma warning restore CA1001
{
    private readonly MoqManager _manager;
    private readonly BroadcastPath _name;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _starting = new();
    private bool _isStarted;

    public FrontFeed(MoqManager manager, BroadcastPath name, TimeSpan linger, Action<FrontFeed> emptied)
    {
        (_manager, _name) = (manager, name);
        Fronts = new NamedFronts(name, manager.Limits, linger, manager.Runtime, () => emptied(this));
    }

    public BroadcastPath Name => _name;

    public NamedFronts Fronts { get; }

    /// <summary>Gets or sets the number of callers that use the feed. The caller must hold the lock of the table.</summary>
    public int Users { get; set; }

    /// <summary>
    /// Begins to follow the sessions, unless another caller has. What the open ones announce is known when the method returns.
    /// </summary>
    public void EnsureStarted()
    {
        lock (_starting)
        {
            if (_isStarted)
                return;
            _isStarted = true;
            Start();
        }
    }

    public void Stop() => _stop.Cancel();

    private void Start()
    {
        var merge = AnnouncementMerge.Open(_manager, (origin, wake) => origin.OpenAnnouncementsOf(_name, wake));
        foreach (var session in _manager.Sessions.Value.Values)
            merge.OnNext(session);
        Take(merge);
        _ = FollowAsync(merge);
    }

    private async Task FollowAsync(AnnouncementMerge merge)
    {
        try
        {
            using (merge)
            {
                for (var isOver = false; !isOver; await WaitAsync(merge, isOver).ConfigureAwait(false))
                {
                    isOver = merge.IsOver;
                    Take(merge);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody uses the name any more.
        }
        catch (Exception fault)
        {
            _manager.Log.EffectFailed($"Following the broadcasts '{_name}'", fault);
        }

        Fronts.Close();
    }

    private ValueTask WaitAsync(AnnouncementMerge merge, bool isOver) => isOver ? default : merge.WaitAsync(_stop.Token);

    private void Take(AnnouncementMerge merge)
    {
        while (merge.TryTake(out var session, out var change))
        {
            if (change.IsRouteChange)
                Fronts.OnRouteChanged(change.Broadcast.Producer);
            else if (change.IsActive)
                Fronts.Add(session, change.Broadcast.Producer);
            else
                Fronts.Remove(change.Broadcast.Producer);
        }

        Fronts.Settle();
    }
}
