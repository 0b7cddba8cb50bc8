using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// An observable of a pull stream: a reading for each subscriber, one item at a time on the scheduler. The next item is asked for when the
/// observer has returned, so the source's own policy applies to a slow observer, and nothing is queued here.
/// </summary>
/// <param name="read">Begins a reading. Its end completes the observable; its failure is the observable's error.</param>
/// <param name="scheduler">The scheduler on which observers are called.</param>
/// <param name="runtime">The runtime on which readings run.</param>
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
                // Unsubscribed: there is no observer for the end of the reading.
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
            // A scheduler that is disposed cannot call the observer, which has to know all the same.
            if (!isStep)
                _observer.OnError(fault);
            return false;
        }
    }
}
