using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Composes the manager's pipeline: all sources of events are merged, observed on one scheduler, and folded by the reducer. The effects
/// of each step are carried out in order, each by the handler of its kind, and lead to new events.
/// </summary>
internal static class MoqPipeline
{
    /// <summary>
    /// Composes a pipeline. The pipeline starts with <see cref="IConnectableObservable{T}.Connect"/>, and fails if the reducer or a
    /// handler throws.
    /// </summary>
    /// <param name="sources">The sources of events.</param>
    /// <param name="scheduler">The scheduler of the reducer and the handlers. Each event is one scheduled item.</param>
    /// <param name="rules">The reducer.</param>
    /// <param name="initial">The state before the first event.</param>
    /// <param name="tap">The observer of events and effects; null for none.</param>
    public static IConnectableObservable<MoqStep> Compose(
        EventSources sources, IScheduler scheduler, MoqRules rules, MoqState initial, IPipelineTap? tap) =>
        Observable.Merge<MoqEvent>(
                sources.Commands,
                sources.Arrivals,
                sources.Dials,
                sources.Closures,
                sources.Broadcasts,
                sources.Timers)
            .ObserveOn(scheduler)
            .Do(happened => tap?.OnEvent(happened))
            .Scan(MoqStep.Start(initial), (step, happened) => rules(step.State, happened))
            .Publish();

    /// <summary>Sends the effects of a pipeline to their handlers, in order.</summary>
    /// <param name="steps">The steps of the pipeline.</param>
    /// <param name="handlers">The handlers, one for each kind of effect.</param>
    /// <param name="tap">The observer of events and effects; null for none.</param>
    public static IDisposable HandleEffects(this IObservable<MoqStep> steps, EffectHandlers handlers, IPipelineTap? tap)
    {
        var effects = steps.SelectMany(static step => step.Effects).Do(effect => tap?.OnEffect(effect)).Publish();
        effects.OfType<DialEffect>().Subscribe(handlers.Dials);
        effects.OfType<ConnectionEffect>().Subscribe(handlers.Connections);
        effects.OfType<SessionEffect>().Subscribe(handlers.Sessions);
        effects.OfType<BroadcastEffect>().Subscribe(handlers.Broadcasts);
        effects.OfType<NoticeEffect>().Subscribe(handlers.Notices);
        effects.OfType<ReplyEffect>().Subscribe(handlers.Replies);
        return effects.Connect();
    }
}
