using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// Enumerates the content of one group; disposing the enumerator releases the group. It is not an iterator method, because groups may be
/// short and numerous, and an iterator method allocates memory for each wait.
/// </summary>
internal abstract class GroupEnumerator<T>(GroupConsumer group, CancellationToken cancellationToken)
    : IAsyncEnumerable<T>, IAsyncEnumerator<T>
{
    private readonly CancellationToken _given = cancellationToken;
    private CancellationToken _cancel = cancellationToken;
    private CancellationTokenSource? _both;
    private int _isUsed;

    protected GroupConsumer Group => group;

    public T Current { get; private set; } = default!;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isUsed, 1) != 0)
            return Again(_given).GetAsyncEnumerator(cancellationToken);
        if (!_cancel.CanBeCanceled)
        {
            _cancel = cancellationToken;
        }
        else if (cancellationToken.CanBeCanceled && cancellationToken != _cancel)
        {
            _both = CancellationTokenSource.CreateLinkedTokenSource(_cancel, cancellationToken);
            _cancel = _both.Token;
        }

        return this;
    }

    public ValueTask<bool> MoveNextAsync() =>
        _cancel.IsCancellationRequested ? ValueTask.FromCanceled<bool>(_cancel)
        : TryMoveNext() ? new ValueTask<bool>(true)
        : WaitAsync();

    public ValueTask DisposeAsync()
    {
        _both?.Dispose();
        group.LeaveUnlessKept();
        return default;
    }

    /// <summary>Tries to read the next item without a wait.</summary>
    protected abstract bool TryRead(out T item);

    /// <summary>Returns another enumerator of the same group, for a second enumeration.</summary>
    protected abstract GroupEnumerator<T> Again(CancellationToken cancellationToken);

    private bool TryMoveNext()
    {
        var isThere = TryRead(out var item);
        Current = item;
        return isThere;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync()
    {
        while (await group.WaitAsync(_cancel).ConfigureAwait(false))
        {
            if (TryMoveNext())
                return true;
        }

        return false;
    }
}
