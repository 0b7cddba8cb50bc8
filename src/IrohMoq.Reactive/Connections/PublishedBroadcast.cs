namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents a broadcast that is published under one name on all sessions. <see cref="Dispose"/> withdraws this broadcast from all
/// sessions, but no other broadcast with the same name.
/// </summary>
/// <param name="number">The number that identifies the broadcast.</param>
/// <param name="name">The name under which the broadcast is published.</param>
/// <param name="broadcast">The broadcast.</param>
/// <param name="ended">The action that is called at most once, when the broadcast was withdrawn or its producer has ended.</param>
internal sealed class PublishedBroadcast(
    long number, BroadcastPath name, BroadcastConsumer broadcast, Action<PublishedBroadcast, BroadcastEndedBy> ended)
    : IDisposable
{
    private BroadcastListener? _onEnd;
    private int _ended;

    public long Number => number;

    public BroadcastPath Name => name;

    public BroadcastConsumer Broadcast => broadcast;

    /// <summary>Gets a value indicating whether the broadcast only stands for a prefix below which broadcasts can be requested.</summary>
    public bool IsOffer => broadcast.Producer.IsOffer;

    /// <summary>
    /// Gets or sets a value indicating whether observers were notified of the broadcast. Only the pipeline's loop may use this
    /// property.
    /// </summary>
    public bool IsTold { get; set; }

    public bool IsEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Starts to watch the producer of the broadcast, so that the broadcast is withdrawn when the producer ends.</summary>
    public void Watch() => broadcast.Producer.Listen(_onEnd = new EndAction(OnProducerEnded));

    /// <summary>Marks the broadcast as ended without a notification, because it was replaced or the manager has ended.</summary>
    public void Forget()
    {
        Volatile.Write(ref _ended, 1);
        if (_onEnd is { } onEnd)
            broadcast.Producer.Unlisten(onEnd);
    }

    public void Dispose() => End(BroadcastEndedBy.Registration);

    private void OnProducerEnded() => End(BroadcastEndedBy.Producer);

    private void End(BroadcastEndedBy by)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            ended(this, by);
    }
}
