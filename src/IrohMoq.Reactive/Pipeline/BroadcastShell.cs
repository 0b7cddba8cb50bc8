using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>The published broadcasts behind the pipeline's numbers: tells the observers what becomes of them.</summary>
internal sealed class BroadcastShell(MoqOptions options, Runtime runtime, ILogger log, Action<MoqEvent> post)
{
    private readonly ObjectTable<PublishedBroadcast> _broadcasts = new();

    public LaggingReplay<BroadcastEvent> Events { get; } = new(options.BroadcastRing, runtime, log.ObserverFailed);

    public PublishedBroadcast Find(long broadcast) => _broadcasts.Find(broadcast)!;

    public PublishedBroadcast Publish(long number, BroadcastPath name, BroadcastConsumer broadcast)
    {
        var published = new PublishedBroadcast(number, name, broadcast, (ended, by) => post(new MoqEvent.BroadcastEnded(ended.Number, ended.Name, by)));
        _broadcasts.Add(number, published);
        post(new MoqEvent.BroadcastPublished(number, name));
        published.Watch();
        return published;
    }

    /// <summary>The names that are published now, in order. What its caller has published or taken back before counts already.</summary>
    public IReadOnlyList<BroadcastPath> Names()
    {
        var newest = new SortedDictionary<BroadcastPath, PublishedBroadcast>();
        foreach (var broadcast in _broadcasts.ToArray())
            newest[broadcast.Name] = broadcast;
        return [.. newest.Where(entry => !entry.Value.IsEnded).Select(entry => entry.Key)];
    }

    public bool TryCarryOut(MoqEffect effect)
    {
        switch (effect)
        {
            case MoqEffect.ReportPublished report:
                var published = Find(report.Broadcast);
                published.IsTold = true;
                var change = report.IsReplacing ? BroadcastChange.Replaced : BroadcastChange.Announced;
                Events.Publish(new BroadcastEvent(published.Name, published.Broadcast, change, null), published.Number);
                return true;
            case MoqEffect.ForgetBroadcast forget:
                Forget(_broadcasts.Take(forget.Broadcast)!, forget.By);
                return true;
            default:
                return false;
        }
    }

    private void Forget(PublishedBroadcast broadcast, BroadcastEndedBy by)
    {
        broadcast.Forget();
        if (!broadcast.IsTold)
            return;
        Events.Retire(broadcast.Number);
        Events.Publish(new BroadcastEvent(broadcast.Name, broadcast.Broadcast, BroadcastChange.Ended, by));
    }
}
