namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Counts what one subscription or fetched group keeps for local readers against the <see cref="ReceiveBudget"/> of its connection. The
/// caller of any member must hold the lock of the track.
/// </summary>
internal sealed class ReceiveShare(ReceiveBudget budget)
{
    private ReceiveBudget _budget = budget;
    private long _counted;
    private bool _isHolder;

    /// <summary>Gets the budget against which the memory is counted.</summary>
    public ReceiveBudget Budget => _budget;

    /// <summary>
    /// Updates the memory that is counted, unless the difference is less than <see cref="ReceiveBudget.Step"/>, and the number of shares
    /// into which the budget is divided.
    /// </summary>
    /// <param name="kept">The memory, in bytes, that is kept.</param>
    /// <param name="unread">The memory, in bytes, that the readers have not read; or all of it if it is kept for further readers.</param>
    public void Update(long kept, long unread)
    {
        SetHolder(unread > ReceiveBudget.MinCounted / 2);
        if (Math.Abs(kept - _counted) >= ReceiveBudget.Step)
            Count(kept);
    }

    /// <summary>Counts the memory against the budget of another connection from now on.</summary>
    public void MoveTo(ReceiveBudget other)
    {
        End();
        _budget = other;
    }

    /// <summary>Counts nothing any more.</summary>
    public void End()
    {
        SetHolder(false);
        Count(0);
    }

    private void Count(long kept)
    {
        _budget.Count(kept - _counted);
        _counted = kept;
    }

    private void SetHolder(bool isHolder)
    {
        if (_isHolder == isHolder)
            return;
        _isHolder = isHolder;
        if (isHolder)
            _budget.Enter();
        else
            _budget.Leave();
    }
}
