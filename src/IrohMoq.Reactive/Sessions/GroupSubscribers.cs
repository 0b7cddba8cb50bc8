namespace IrohMoq.Reactive.Sessions;

/// <summary>The session's <see cref="GroupSubscriber"/>s that have nothing to do, with their buffers. Safe for any thread.</summary>
internal sealed class GroupSubscribers(Session session)
{
    private const int MostKept = 16;

    private readonly Lock _gate = new();
    private readonly Stack<GroupSubscriber> _spare = new();

    public GroupSubscriber Rent()
    {
        lock (_gate)
        {
            if (_spare.TryPop(out var subscriber))
                return subscriber;
        }

        return new GroupSubscriber(session, this);
    }

    public void Return(GroupSubscriber subscriber)
    {
        lock (_gate)
        {
            if (_spare.Count < MostKept)
                _spare.Push(subscriber);
        }
    }
}
