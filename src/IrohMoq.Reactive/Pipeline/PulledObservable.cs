using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The bridge from what is pulled to what is pushed: a reading of its own for each subscriber, one item at a time on the scheduler. The next item is asked for when the
/// observer has returned, so the source's own policy decides what becomes of a slow observer, and nothing is queued here.
/// </summary>
/// <param name="read">Begins a reading. Its end completes the stream; its failure is the stream's error.</param>
/// <param name="scheduler">Where observers are called.</param>
/// <param name="runtime">Where readings run.</param>
/// <param name="faulted">Told of an observer that threw and is detached; null to let the exception go on through the scheduler.</param>
internal sealed class PulledObservable<T>(Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler scheduler, Runtime runtime, Action<Exception>? faulted) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var stop = new CancellationDisposable();
        var reading = new Reading(this, observer, stop);
        runtime.Post(() => _ = reading.RunAsync());
        return stop;
    }

    private sealed class Reading(PulledObservable<T> owner, IObserver<T> observer, CancellationDisposable stop)
    {
        private readonly Signal _delivered = new(owner.Runtime);

        public async Task RunAsync()
        {
            try
            {
                var end = await ReadAsync().ConfigureAwait(false);
                await DeliverAsync(end).ConfigureAwait(false);
            }
            catch (Exception) when (stop.Token.IsCancellationRequested)
            {
                // Unsubscribed, or detached: whatever the reading ends with, there is nobody to tell.
            }
        }

        private async ValueTask<Action> ReadAsync()
        {
            try
            {
                await foreach (var item in owner.Read(stop.Token).ConfigureAwait(false))
                    await DeliverAsync(() => observer.OnNext(item)).ConfigureAwait(false);
                return observer.OnCompleted;
            }
            catch (Exception failure) when (!stop.Token.IsCancellationRequested)
            {
                return () => observer.OnError(failure);
            }
        }

        private ValueTask DeliverAsync(Action deliver)
        {
            owner.Scheduler.Schedule((Reading: this, Deliver: deliver), static (_, step) =>
            {
                step.Reading.Deliver(step.Deliver);
                return Disposable.Empty;
            });
            return _delivered.WaitAsync(stop.Token);
        }

        private void Deliver(Action deliver)
        {
            try
            {
                if (!stop.Token.IsCancellationRequested)
                    deliver();
            }
            catch (Exception fault)
            {
                stop.Dispose();
                if (!owner.OnFault(fault))
                    throw;
            }
            finally
            {
                _delivered.Set();
            }
        }
    }

    private IScheduler Scheduler => scheduler;

    private Runtime Runtime => runtime;

    private IAsyncEnumerable<T> Read(CancellationToken stop) => read(stop);

    private bool OnFault(Exception fault)
    {
        faulted?.Invoke(fault);
        return faulted is not null;
    }
}
