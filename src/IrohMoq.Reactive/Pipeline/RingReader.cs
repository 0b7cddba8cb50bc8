using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Represents the position of a pulling reader in a <see cref="NoticeRing{T}"/>.</summary>
internal sealed class RingPlace<T>(NoticeRing<T> ring, Runtime runtime) : RingCursor<T>(ring)
{
    private readonly Signal _more = new(runtime);

    public override bool IsPushed => false;

    public override void Wake() => _more.Set();

    public RingStep Take(out T item, out long skipped)
    {
        item = default!;
        return Ring.Take(this, new Span<T>(ref item), out _, out skipped);
    }

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>Returns the exception that ended the stream, or null for a normal end.</summary>
    public Exception? Fault() => Ring.Fault();
}

/// <summary>
/// Represents a <see cref="NoticeRing{T}"/> as an asynchronous enumerable. Unlike an iterator, a reader has its position in the ring
/// before the first item is requested.
/// </summary>
internal sealed class RingReading<T, TOut>(
    Func<RingPlace<T>> open, Func<Func<T, long, TOut?>> selector, Action<long>? onSkipped, CancellationToken outer)
    : IAsyncEnumerable<TOut>
    where TOut : class
{
    public IAsyncEnumerator<TOut> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Reader(open(), selector(), onSkipped, outer, cancellationToken);

    private sealed class Reader : IAsyncEnumerator<TOut>
    {
        private readonly RingPlace<T> _place;
        private readonly Func<T, long, TOut?> _selector;
        private readonly Action<long>? _onSkipped;
        private readonly CancellationTokenSource _stop;
        private long _missed;

        public Reader(
            RingPlace<T> place, Func<T, long, TOut?> selector, Action<long>? onSkipped, CancellationToken outer, CancellationToken inner)
        {
            _place = place;
            _selector = selector;
            _onSkipped = onSkipped;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(outer, inner);
        }

        public TOut Current { get; private set; } = null!;

        public async ValueTask<bool> MoveNextAsync()
        {
            while (true)
            {
                _stop.Token.ThrowIfCancellationRequested();
                var step = _place.Take(out var item, out var skipped);
                if (skipped > 0)
                {
                    _missed += skipped;
                    _onSkipped?.Invoke(skipped);
                }

                if (step == RingStep.End)
                    return _place.Fault() is { } fault ? throw fault : false;
                if (step == RingStep.Wait)
                {
                    await _place.WaitAsync(_stop.Token).ConfigureAwait(false);
                    continue;
                }

                if (_selector(item, _missed) is not { } selected)
                    continue;
                _missed = 0;
                Current = selected;
                return true;
            }
        }

        public ValueTask DisposeAsync()
        {
            _place.Dispose();
            _stop.Dispose();
            return default;
        }
    }
}
