using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Represents the prefixes below which broadcasts are created when a subscriber requests them. This type is thread-safe.</summary>
/// <param name="runtime">The clock on which subscribers and readers of requests wait.</param>
/// <param name="publish">The function that announces a prefix, and returns its registration.</param>
internal sealed class OfferedPrefixes(Runtime runtime, Func<BroadcastPath, BroadcastProducer, IDisposable> publish)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BroadcastPath, (BroadcastProducer Broadcast, BroadcastRequests Requests)> _offers = [];

    /// <summary>Adds a reader of the requests below a prefix. The first one announces the prefix, and the last one withdraws it.</summary>
    public BroadcastRequestReader Open(BroadcastPath prefix) => Open([prefix], null);

    /// <summary>Adds a reader of the requests below several prefixes.</summary>
    /// <param name="prefixes">The prefixes.</param>
    /// <param name="view">The function that returns a request as the reader is to see it, or null.</param>
    public BroadcastRequestReader Open(
        IReadOnlyList<BroadcastPath> prefixes, Func<PendingBroadcast, PendingBroadcast>? view)
    {
        var more = new Signal(runtime);
        var opened = new List<RequestQueue<PendingBroadcast>>(prefixes.Count);
        var offers = new List<BroadcastProducer>(prefixes.Count);
        try
        {
            foreach (var prefix in prefixes)
            {
                var (offer, queue) = Open(prefix, more);
                opened.Add(queue);
                offers.Add(offer);
            }

            return new BroadcastRequestReader([.. offers], [.. opened], more, view);
        }
        catch
        {
            foreach (var queue in opened)
                queue.Close(more);
            throw;
        }
    }

    private (BroadcastProducer Offer, RequestQueue<PendingBroadcast> Queue) Open(BroadcastPath prefix, Signal more)
    {
        lock (_gate)
        {
            if (_offers.TryGetValue(prefix, out var known))
                return (known.Broadcast, known.Requests.Open(more));
            var offer = new BroadcastProducer(runtime) { IsOffer = true, Route = BroadcastRoute.LocalPrefix };
            var requests = new BroadcastRequests(runtime, () => Withdraw(prefix, offer));
            offer.Below = requests;
            // Whoever waits for the announcement may make a request at once.
            var queue = requests.Open(more);
            _ = publish(prefix, offer);
            _offers.Add(prefix, (offer, requests));
            offer.Listen(new EndAction(requests.End));
            return (offer, queue);
        }
    }

    /// <summary>Withdraws every prefix: readers of requests receive the end.</summary>
    public void End()
    {
        BroadcastProducer[] offers;
        lock (_gate)
            offers = [.. _offers.Values.Select(static offer => offer.Broadcast)];
        foreach (var offer in offers)
            offer.Finish();
    }

    private void Withdraw(BroadcastPath prefix, BroadcastProducer offer)
    {
        lock (_gate)
        {
            // Another reader may have come meanwhile.
            if (!_offers.TryGetValue(prefix, out var offered) || offered.Broadcast != offer || offered.Requests.HasReaders)
                return;
            _offers.Remove(prefix);
        }

        // The end of a broadcast withdraws it wherever it is published.
        offer.Finish();
    }
}
