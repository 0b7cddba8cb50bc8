using System.Reactive;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Provides the handlers of a manager's effects, one for each kind of effect.</summary>
/// <param name="failed">
/// The action that receives an effect whose handler failed, and the exception. The pipeline continues, because other peers do not
/// depend on that effect.
/// </param>
internal sealed class EffectHandlers(Action<MoqEffect, Exception> failed)
{
    public required Action<DialEffect> OnDial { private get; init; }

    public required Action<ConnectionEffect> OnConnection { private get; init; }

    public required Action<SessionEffect> OnSession { private get; init; }

    public required Action<BroadcastEffect> OnBroadcast { private get; init; }

    public required Action<NoticeEffect> OnNotice { private get; init; }

    public required Action<ReplyEffect> OnReply { private get; init; }

    public IObserver<DialEffect> Dials => Guard(OnDial);

    public IObserver<ConnectionEffect> Connections => Guard(OnConnection);

    public IObserver<SessionEffect> Sessions => Guard(OnSession);

    public IObserver<BroadcastEffect> Broadcasts => Guard(OnBroadcast);

    public IObserver<NoticeEffect> Notices => Guard(OnNotice);

    public IObserver<ReplyEffect> Replies => Guard(OnReply);

    private IObserver<T> Guard<T>(Action<T> handler)
        where T : MoqEffect =>
        Observer.Create<T>(
            effect =>
            {
                try
                {
                    handler(effect);
                }
                catch (Exception fault)
                {
                    failed(effect, fault);
                }
            },
            // A failure of the pipeline itself is handled by its subscriber.
            static _ => { });
}
