using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Represents an asynchronous enumerable as an observable. Each subscriber has an enumeration of its own, and receives one item at a
/// time on the scheduler. The next item is requested when the observer has returned, so that the policy of the source applies to a slow
/// observer and nothing is queued here.
/// </summary>
/// <param name="read">
/// The function that starts an enumeration. Its end completes the observable; its failure is the error of the observable.
/// </param>
/// <param name="scheduler">The scheduler on which observers are called.</param>
/// <param name="runtime">The runtime on which the enumerations run.</param>
internal sealed class PulledObservable<T>(
    Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler scheduler, Runtime runtime)
    : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var reading = new Reading(read, observer, scheduler, runtime);
        runtime.Post(() => _ = reading.RunAsync());
        return reading.Subscription;
    }

    private sealed class Reading
    {
        private readonly Func<CancellationToken, IAsyncEnumerable<T>> _read;
        private readonly IObserver<T> _observer;
        private readonly SerialDrain _drain;
        private readonly Signal _delivered;
        private readonly CancellationToken _stop;
        private Action? _pending;

        public Reading(Func<CancellationToken, IAsyncEnumerable<T>> read, IObserver<T> observer, IScheduler scheduler, Runtime runtime)
        {
            _read = read;
            _observer = observer;
            _drain = new SerialDrain(scheduler, 1, Deliver, OnFault);
            _delivered = new Signal(runtime);
            _stop = Subscription.Token;
        }

        public CancellationDisposable Subscription { get; } = new();

        public async Task RunAsync()
        {
            try
            {
                var end = await ReadAsync().ConfigureAwait(false);
                await DeliverAsync(end).ConfigureAwait(false);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                // The observer has unsubscribed, so the end is not delivered.
            }
        }

        private async ValueTask<Action> ReadAsync()
        {
            try
            {
                await foreach (var item in _read(_stop).ConfigureAwait(false))
                    await DeliverAsync(() => _observer.OnNext(item)).ConfigureAwait(false);
                return _observer.OnCompleted;
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                return () => _observer.OnError(failure);
            }
        }

        private ValueTask DeliverAsync(Action deliver)
        {
            Volatile.Write(ref _pending, deliver);
            _drain.Wake();
            return _delivered.WaitAsync(_stop);
        }

        private bool Deliver()
        {
            if (Interlocked.Exchange(ref _pending, null) is { } deliver && !_stop.IsCancellationRequested)
            {
                deliver();
                _delivered.Set();
            }

            return false;
        }

        private bool OnFault(Exception fault, bool isStep)
        {
            Subscription.Dispose();
            // A disposed scheduler cannot call the observer, so the observer is notified directly.
            if (!isStep)
                _observer.OnError(fault);
            return false;
        }
    }
}
