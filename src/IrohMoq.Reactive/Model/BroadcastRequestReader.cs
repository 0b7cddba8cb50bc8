using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads the requests of subscribers for broadcasts below an offered prefix, and sets the cost at which the prefix is offered.
/// </summary>
public sealed class BroadcastRequestReader : RequestReader<PendingBroadcast>
{
    private readonly BroadcastProducer[] _offers;

    /// <param name="offers">The prefixes as they are announced.</param>
    /// <param name="queues">The queues, which take turns. The signal has been added to each of them.</param>
    /// <param name="more">The signal that is set when there is a request.</param>
    /// <param name="view">The function that returns a request as this reader is to see it, or null.</param>
    internal BroadcastRequestReader(
        BroadcastProducer[] offers,
        RequestQueue<PendingBroadcast>[] queues,
        Signal more,
        Func<PendingBroadcast, PendingBroadcast>? view)
        : base(queues, more, view) => _offers = offers;

    /// <summary>
    /// Sets the cost of reading from this process what is requested below the prefix, by which readers choose among several peers that
    /// offer it, as <see cref="BroadcastProducer.SetCost"/> does for a broadcast. Peers of moq-lite-06 receive it with the announcement of
    /// the prefix, or as a change of one; older versions announce no prefixes. A change does not move what is being read. The initial cost
    /// is 0. All readers of one prefix share its cost, which lasts until the last of them is disposed. See moq-lite, "ANNOUNCE_START" and
    /// "ANNOUNCE_UPDATE".
    /// </summary>
    /// <param name="warm">The cost while what is requested is produced already, at most <see cref="BroadcastRoute.MaxCost"/>.</param>
    /// <param name="cold">
    /// The cost if its production must begin, from <paramref name="warm"/> to <see cref="BroadcastRoute.MaxCost"/>; null for the same one.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A cost is out of range.</exception>
    public void SetCost(ulong warm, ulong? cold = null)
    {
        foreach (var offer in _offers)
            offer.SetCost(warm, cold);
    }
}
