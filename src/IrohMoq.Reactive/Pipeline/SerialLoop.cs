using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The one serial stream of events: queued from any thread, folded by the reducer and carried out in order on the scheduler, one scheduled item per burst.
/// After each event it says that it has settled. An event that is posted while another is carried out waits its turn, so order holds under re-entrancy. Nothing foreign runs under its lock.
/// </summary>
internal sealed class SerialLoop(IScheduler scheduler, Action<MoqEffect> carryOut, Action settled)
{
    private readonly Lock _gate = new();
    private readonly Queue<MoqEvent> _events = new();
    private bool _draining;

    /// <summary>What is known now. A snapshot for queries; only the loop replaces it.</summary>
    public MoqState State { get; private set; } = MoqState.Empty;

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

            var (state, effects) = MoqReducer.Reduce(State, happened);
            State = state;
            foreach (var effect in effects)
                carryOut(effect);
            settled();
        }
    }
}
