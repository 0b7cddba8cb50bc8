namespace IrohMoq.Reactive.Connections;

/// <summary>What the manager has announced on one session, by the broadcast's number. Only the pipeline's loop touches it.</summary>
internal sealed class AnnouncedBroadcasts(OriginProducer local)
{
    private readonly Dictionary<long, IDisposable> _announced = [];

    /// <summary>Announces a broadcast that is published for all. Changes nothing if the session is over.</summary>
    public void Announce(PublishedBroadcast broadcast)
    {
        try
        {
            _announced.Add(broadcast.Number, local.Publish(broadcast.Name, broadcast.Broadcast));
        }
        catch (MoqSessionClosedException)
        {
            // Its end has been told.
        }
    }

    /// <summary>Takes back what <see cref="Announce"/> announced; a successor of the same name stays.</summary>
    public void Withdraw(long broadcast)
    {
        if (_announced.Remove(broadcast, out var registration))
            registration.Dispose();
    }

    public void Clear() => _announced.Clear();
}
