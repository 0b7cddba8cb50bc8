namespace IrohMoq.Reactive.Pipeline;

/// <summary>Readings of a <see cref="LaggingReplay{T}"/> by <c>await foreach</c>. Unlike an iterator it takes its place before the first item is asked for.</summary>
internal sealed class PulledReplay<T, TOut>(Func<PullCursor<T>> open, Func<Func<T, long, TOut?>> selector, Action<long>? onSkipped, CancellationToken outer) : IAsyncEnumerable<TOut>
    where TOut : class
{
    public IAsyncEnumerator<TOut> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Reader(open(), selector(), onSkipped, outer, cancellationToken);

    private sealed class Reader : IAsyncEnumerator<TOut>
    {
        private readonly PullCursor<T> _cursor;
        private readonly Func<T, long, TOut?> _selector;
        private readonly Action<long>? _onSkipped;
        private readonly CancellationTokenSource _stop;
        private long _missed;

        public Reader(PullCursor<T> cursor, Func<T, long, TOut?> selector, Action<long>? onSkipped, CancellationToken outer, CancellationToken inner)
        {
            _cursor = cursor;
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
                var step = _cursor.Next(out var item, out var skipped);
                if (skipped > 0)
                {
                    _missed += skipped;
                    _onSkipped?.Invoke(skipped);
                }

                if (step == ReplayStep.End)
                    return _cursor.Fault() is { } fault ? throw fault : false;
                if (step == ReplayStep.Wait)
                {
                    await _cursor.WaitAsync(_stop.Token).ConfigureAwait(false);
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
            _cursor.Dispose();
            _stop.Dispose();
            return default;
        }
    }
}
