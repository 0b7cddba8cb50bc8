using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The one serial stream of events: queued from any thread, folded by the reducer and carried out in order on the scheduler, one scheduled item per burst.
/// An event that is posted while another is carried out waits its turn, so order holds under re-entrancy. Nothing foreign runs under its lock.
/// </summary>
/// <param name="scheduler">Where events are folded and effects carried out.</param>
/// <param name="initial">What is known before the first event.</param>
/// <param name="carryOut">Carries an effect out.</param>
/// <param name="failed">Told of an effect that threw. The loop goes on: what depends on the others must not stop for one.</param>
/// <param name="rules">The reducer; null for the manager's own.</param>
/// <param name="witness">Sees every event and effect in order, before it is carried out; null for nobody.</param>
internal sealed class SerialLoop(
    IScheduler scheduler, MoqState initial, Action<MoqEffect> carryOut, Action<MoqEffect, Exception> failed, MoqRules? rules = null, IPipelineWitness? witness = null)
{
    private readonly Lock _gate = new();
    private readonly Queue<MoqEvent> _events = new();
    private readonly MoqRules _reduce = rules ?? MoqReducer.Reduce;
    private MoqState _state = initial;
    private bool _draining;

    /// <summary>What is known now. A snapshot; only the loop replaces it.</summary>
    public MoqState State => Volatile.Read(ref _state);

    public void Post(MoqEvent happened)
    {
        lock (_gate)
        {
            _events.Enqueue(happened);
            if (_draining)
                return;
            _draining = true;
        }

        scheduler.Schedule(this, static (_, loop) =>
        {
            loop.Drain();
            return Disposable.Empty;
        });
    }

    private void Drain()
    {
        while (true)
        {
            MoqEvent happened;
            lock (_gate)
            {
                if (!_events.TryDequeue(out happened!))
                {
                    _draining = false;
                    return;
                }
            }

            witness?.OnEvent(happened);
            var (state, effects) = _reduce(_state, happened);
            Volatile.Write(ref _state, state);
            foreach (var effect in effects)
                CarryOut(effect);
        }
    }

    private void CarryOut(MoqEffect effect)
    {
        witness?.OnEffect(effect);
        try
        {
            carryOut(effect);
        }
        catch (Exception fault)
        {
            failed(effect, fault);
        }
    }
}
