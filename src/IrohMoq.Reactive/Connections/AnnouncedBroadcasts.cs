namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents the broadcasts that the manager has announced on one session, by their numbers. Only the pipeline's loop may use this
/// class.
/// </summary>
/// <param name="local">The broadcasts that the session announces to its peer.</param>
internal sealed class AnnouncedBroadcasts(OriginProducer local)
{
    // Created on demand, because many sessions announce nothing.
    private Dictionary<long, IDisposable>? _announced;

    /// <summary>Announces a broadcast that is published on all sessions. Does nothing if the session has ended.</summary>
    public void Announce(PublishedBroadcast broadcast)
    {
        broadcast.Broadcast.Producer.OnPublished();
        try
        {
            (_announced ??= []).Add(broadcast.Number, local.Publish(broadcast.Name, broadcast.Broadcast));
        }
        catch (MoqSessionClosedException)
        {
            // The session has ended, and its end has been reported.
        }
    }

    /// <summary>Withdraws the announcement of one broadcast. A later broadcast with the same name stays announced.</summary>
    public void Withdraw(long broadcast)
    {
        if (_announced is not null && _announced.Remove(broadcast, out var registration))
            registration.Dispose();
    }

    public void Clear() => _announced = null;
}
