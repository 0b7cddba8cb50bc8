using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <content>Provides broadcasts that are requested by name and need not be announced.</content>
public sealed partial class OriginProducer
{
    private List<IBroadcastSource>? _unannounced;
    private OfferedPrefixes? _offered;

    /// <summary>
    /// Begins to accept requests for broadcasts below a prefix that are not published: a subscriber waits until the request is accepted or
    /// rejected. In moq-lite-06 the prefix is announced; in older versions, which can announce only names, subscribers must know the name.
    /// </summary>
    /// <param name="prefix">The prefix, which matches entire path segments; the path without segments matches every name.</param>
    /// <returns>
    /// The requests, in the order in which they were made: one for each name, however many subscribers wait for it. Dispose the result to
    /// accept no further requests. Several calls for one prefix share the requests.
    /// </returns>
    /// <remarks>
    /// A broadcast that is published under a name takes precedence over requests of that name, and of several prefixes the longest one
    /// receives the request. A broadcast that is published under the prefix itself replaces the offer. At most 64
    /// requests of one peer, and 1,024 of this process, may wait for an answer at once; further ones fail with
    /// <see cref="MoqErrorCode.NoCapacity"/>.
    /// </remarks>
    /// <exception cref="MoqException">The set of broadcasts has ended, for example because its session ended.</exception>
    public BroadcastRequestReader OpenBroadcastRequests(BroadcastPath prefix = default) => Offered.Open(prefix);

    /// <summary>Gets the prefixes below which broadcasts are created on request.</summary>
    internal OfferedPrefixes Offered
    {
        get
        {
            lock (Gate)
                return _offered ??= new OfferedPrefixes(Runtime, (path, offer) => Publish(path, offer.Consume()));
        }
    }

    /// <summary>Requests a broadcast, without waiting for a route to it.</summary>
    /// <returns>The broadcast, or null if no source provides broadcasts of that name.</returns>
    /// <exception cref="MoqStreamException">The broadcast is refused; the code tells why.</exception>
    internal async ValueTask<BroadcastConsumer?> TryRequestAsync(
        BroadcastPath path, Requester? peer, CancellationToken cancellationToken)
    {
        IBroadcastSource? source;
        lock (Gate)
        {
            if (Live(path) is { Producer.IsOffer: false } live)
                return live;
            source = SourceOf(path, isForPeer: peer is not null);
        }

        return source is null ? null : await source.RequestAsync(path, peer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Requests a broadcast, and waits for a route to it.</summary>
    /// <exception cref="MoqStreamException">The broadcast is refused; the code tells why.</exception>
    /// <exception cref="MoqException">The set of broadcasts has ended, for example because its session ended.</exception>
    internal async ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, CancellationToken cancellationToken)
    {
        var changed = new Signal(Runtime);
        var covering = Covering(path).Select(prefix => (prefix, changed)).ToArray();
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    _waiters ??= [];
                    _waiters.RemoveAll(waiter => waiter.Signal == changed);
                    _waiters.AddRange(covering);
                }

                if (await TryRequestAsync(path, null, cancellationToken).ConfigureAwait(false) is { } broadcast)
                    return broadcast;
                lock (Gate)
                {
                    if (_over is not null)
                        throw _over();
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters?.RemoveAll(waiter => waiter.Signal == changed);
        }
    }

    /// <summary>
    /// Adds a source of broadcasts of any name that is not announced: a peer that can announce only names may have others as well. The
    /// source that was added last is asked, and only for this process: requests of other peers have no hops, so that they would go round
    /// among relays without an end.
    /// </summary>
    internal void AddUnannounced(IBroadcastSource source)
    {
        lock (Gate)
        {
            (_unannounced ??= []).Add(source);
            OnChanged(default, Live(default));
        }
    }

    /// <summary>Removes a source of broadcasts that are not announced.</summary>
    internal void RemoveUnannounced(IBroadcastSource source)
    {
        lock (Gate)
            _unannounced?.Remove(source);
    }

    /// <summary>Returns the source with the longest prefix of a path, or null. The caller must hold <see cref="Gate"/>.</summary>
    private IBroadcastSource? SourceOf(BroadcastPath path, bool isForPeer)
    {
        foreach (var prefix in Covering(path))
        {
            if (Live(prefix)?.Producer.Below is { } source)
                return source;
        }

        return isForPeer ? null : _unannounced?.LastOrDefault();
    }

    /// <summary>Returns a path and all its prefixes, the longest first.</summary>
    internal static IEnumerable<BroadcastPath> Covering(BroadcastPath path)
    {
        yield return path;
        while (!path.IsEmpty)
            yield return path = path.Parent;
    }
}
