using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace IrohMoq.Reactive;

/// <content>Provides broadcasts that are created when a peer requests them.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Begins to accept requests of peers for broadcasts below a prefix that are not published, on every current and future session: a
    /// subscriber waits until the request is accepted or rejected. In moq-lite-06 the prefix is announced; in older versions, which can
    /// announce only names, subscribers must know the name. See <see cref="MoqSession.RequestBroadcastAsync"/>.
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
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    public BroadcastRequestReader OpenBroadcastRequests(BroadcastPath prefix = default) => _offered.Open(prefix);

    /// <summary>
    /// Returns the requests of <see cref="OpenBroadcastRequests"/> as an observable. Requests are accepted as long as it has a subscriber.
    /// Several subscribers share the requests, and each request is delivered to one of them. The observable completes on shutdown.
    /// </summary>
    /// <param name="prefix">The prefix, which matches entire path segments; the path without segments matches every name.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    public IObservable<PendingBroadcast> BroadcastRequests(BroadcastPath prefix = default, IScheduler? scheduler = null) =>
        Observable.Using(() => OpenBroadcastRequests(prefix), requests => Observe(requests.ReadAllAsync, scheduler));
}
