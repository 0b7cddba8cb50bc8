namespace IrohMoq.Reactive.Connections;

/// <summary>One broadcast under one name for all sessions. Disposing it takes this very broadcast back everywhere.</summary>
internal sealed class PublishedBroadcast(long number, BroadcastPath name, BroadcastConsumer broadcast, Action<PublishedBroadcast, BroadcastEndedBy> ended) : IDisposable
{
    private LinkedListNode<Action>? _onEnd;
    private int _ended;

    public long Number => number;

    public BroadcastPath Name => name;

    public BroadcastConsumer Broadcast => broadcast;

    /// <summary>True once the observers have been told of it. Only the pipeline's loop touches it.</summary>
    public bool IsTold { get; set; }

    public bool IsEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>From now on the broadcast's own end takes it back.</summary>
    public void Watch() => broadcast.Producer.OnEnd(_onEnd = new(OnProducerEnded));

    /// <summary>Another broadcast has the name, or nobody has.</summary>
    public void Forget()
    {
        Volatile.Write(ref _ended, 1);
        if (_onEnd is { } onEnd)
            broadcast.Producer.ForgetOnEnd(onEnd);
    }

    public void Dispose() => End(BroadcastEndedBy.Registration);

    private void OnProducerEnded() => End(BroadcastEndedBy.Producer);

    private void End(BroadcastEndedBy by)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            ended(this, by);
    }
}
