namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Holds the subscriptions of one remote track: the current one, whose groups the readers get; the one on the connection to which the
/// track moves; the one for the newest group; and former ones, whose groups may still be in flight. This type is thread-safe.
/// </summary>
/// <param name="first">The first subscription.</param>
internal sealed class TrackSubscriptions(Subscription first)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Subscription> _former = [];
    private Subscription _current = first;
    private Subscription? _next;
    private Subscription? _newest;
    private bool _hasMoved;
    private bool _hasBegunAnew;
    private bool _isEnding;

    /// <summary>Gets the subscription that serves the readers.</summary>
    public Subscription Current => Volatile.Read(ref _current);

    /// <summary>Gets or sets the subscription on the connection to which the track moves, or null if it does not move.</summary>
    public Subscription? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>
    /// Gets or sets the subscription that begins with the newest group while the current one waits for a group that does not exist yet, or
    /// null if there is none.
    /// </summary>
    public Subscription? Newest
    {
        get => Volatile.Read(ref _newest);
        set => Volatile.Write(ref _newest, value);
    }

    /// <summary>Gets a value indicating whether the track has moved to another connection.</summary>
    public bool HasMoved => Volatile.Read(ref _hasMoved);

    /// <summary>Gets a value indicating whether a group may come on two subscriptions: one has taken the place of another.</summary>
    public bool MayComeTwice => HasMoved || Volatile.Read(ref _hasBegunAnew);

    /// <summary>
    /// Gets a value indicating whether the track ends with the current subscription, so that no other one takes its place.
    /// </summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>Gets a value indicating whether a former subscription is not over yet.</summary>
    public bool IsAnyFormer
    {
        get
        {
            lock (_gate)
                return _former.Count > 0;
        }
    }

    /// <summary>Replaces the current subscription by one that continues nothing, because nothing was received.</summary>
    public void Restart(Subscription subscription) => Volatile.Write(ref _current, subscription);

    /// <summary>Makes the subscription on another connection the current one.</summary>
    /// <returns>The former one, or null if the track ends with it.</returns>
    public Subscription? MoveTo(Subscription next) => Replace(next, ref _next, ref _hasMoved);

    /// <summary>Makes the subscription that began with the newest group the current one.</summary>
    /// <returns>The former one, or null if the track ends with it.</returns>
    public Subscription? BeginAnewWith(Subscription newest) => Replace(newest, ref _newest, ref _hasBegunAnew);

    /// <summary>Records that the publisher has ended the track on a subscription.</summary>
    /// <returns>False if the subscription is not the current one.</returns>
    public bool TryEndWith(Subscription subscription)
    {
        lock (_gate)
        {
            if (_current != subscription)
                return false;
            _isEnding = true;
            return true;
        }
    }

    /// <summary>Ends the subscriptions that have not become the current one.</summary>
    public void WithdrawOthers()
    {
        Next?.Withdraw();
        Newest?.Withdraw();
    }

    /// <summary>Records that a subscription is over.</summary>
    public void Remove(Subscription subscription)
    {
        lock (_gate)
            _former.Remove(subscription);
    }

    /// <summary>Returns the subscriptions of one moment, or null if a former one is not over yet.</summary>
    public (Subscription Current, Subscription? Next, Subscription? Newest)? WithoutFormer()
    {
        lock (_gate)
            return _former.Count > 0 ? null : (_current, _next, _newest);
    }

    private Subscription? Replace(Subscription subscription, ref Subscription? place, ref bool mark)
    {
        lock (_gate)
        {
            if (_isEnding)
                return null;
            var before = _current;
            if (before.End is null)
                _former.Add(before);
            Volatile.Write(ref _current, subscription);
            Volatile.Write(ref place, null);
            Volatile.Write(ref mark, true);
            return before;
        }
    }
}
