using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// Enumerates the frames of one group; disposing the enumerator releases the group. It is not an iterator method, because groups may be
/// short and numerous, and an iterator method allocates memory for each wait.
/// </summary>
internal sealed class FrameReader(GroupConsumer group, CancellationToken cancellationToken)
    : IAsyncEnumerable<Frame>, IAsyncEnumerator<Frame>
{
    private readonly CancellationToken _given = cancellationToken;
    private CancellationToken _cancel = cancellationToken;
    private CancellationTokenSource? _both;
    private int _isUsed;

    public Frame Current { get; private set; }

    public IAsyncEnumerator<Frame> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isUsed, 1) != 0)
            return new FrameReader(group, _given).GetAsyncEnumerator(cancellationToken);
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

    private bool TryMoveNext()
    {
        var isThere = group.TryReadFrame(out var frame);
        Current = frame;
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
