namespace IrohMoq.Reactive;

/// <summary>
/// Publishes broadcasts in a part of a set of broadcasts: only under the prefixes of its scope, and with names that do not contain its
/// root. <see cref="OriginProducer.Narrow"/> and <see cref="OriginProducer.WithRoot"/> create it. All members are thread-safe.
/// </summary>
public sealed class OriginPublisher
{
    private readonly OriginProducer _origin;
    private readonly OriginScope _scope;

    internal OriginPublisher(OriginProducer origin, OriginScope scope)
    {
        _origin = origin;
        _scope = scope;
    }

    /// <summary>
    /// Gets the prefixes below which broadcasts can be published, without the root and in order. No prefix is below another one.
    /// </summary>
    public IReadOnlyList<BroadcastPath> Prefixes => OriginScope.PrefixesOf(_scope);

    /// <summary>
    /// Publishes a broadcast under a name, as <see cref="OriginProducer.Publish"/> does. The set receives it with the root before the name.
    /// </summary>
    /// <param name="path">The name of the broadcast, without the root.</param>
    /// <param name="broadcast">The broadcast to publish.</param>
    /// <returns>An object that removes this broadcast when it is disposed. A later broadcast with the same name is not affected.</returns>
    /// <exception cref="ArgumentException">
    /// The root and the name together exceed <see cref="BroadcastPath.MaxSegments"/> or <see cref="BroadcastPath.MaxBytes"/>.
    /// </exception>
    /// <exception cref="MoqException">
    /// The name is not in the scope: <see cref="MoqErrorCode.Unauthorized"/>. Or the set of broadcasts has ended.
    /// </exception>
    public IDisposable Publish(BroadcastPath path, BroadcastConsumer broadcast) => _origin.Publish(_scope.Complete(path), broadcast);

    /// <summary>
    /// Begins to accept requests for broadcasts of the scope that are not published, as
    /// <see cref="OriginProducer.OpenBroadcastRequests"/> does. The names of the requests do not contain the root. Each prefix of the scope
    /// that is below the given one is offered, or the given one if it is below a prefix of the scope; no request of a name outside of the
    /// scope can be read.
    /// </summary>
    /// <param name="prefix">
    /// The prefix, without the root; the path without segments stands for the scope of this object.
    /// </param>
    /// <returns>
    /// The requests: of each offered prefix in the order in which they were made. Dispose the result to accept no further requests.
    /// </returns>
    /// <exception cref="ArgumentException">The root and the prefix together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">
    /// No name of the scope is below the prefix: <see cref="MoqErrorCode.Unauthorized"/>. Or the set of broadcasts has ended.
    /// </exception>
    public BroadcastRequestReader OpenBroadcastRequests(BroadcastPath prefix = default)
    {
        var offered = OriginScope.Narrow(_scope, [prefix]);
        return _origin.Offered.Open(offered.CompletePrefixes, request => request.ViewedAs(offered.WithoutRoot(request.Path)));
    }

    /// <summary>Returns an object that reads the same part of the set, with the same names.</summary>
    public OriginConsumer Consume() => new(_origin, _scope);

    /// <summary>Returns an object that can publish only below certain prefixes. A prefix never widens the scope of this object.</summary>
    /// <param name="prefixes">
    /// The prefixes, without the root; each matches entire path segments. The path without segments stands for the scope of this object.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are no prefixes, or the root and a prefix together exceed the limits of a path.
    /// </exception>
    /// <exception cref="MoqException">No name of the scope is below the prefixes: <see cref="MoqErrorCode.Unauthorized"/>.</exception>
    public OriginPublisher Narrow(params ReadOnlySpan<BroadcastPath> prefixes) => new(_origin, OriginScope.Narrow(_scope, prefixes));

    /// <summary>Returns an object that can publish only below a root, and whose names do not contain the root.</summary>
    /// <param name="root">The root, which follows the root of this object.</param>
    /// <exception cref="ArgumentException">Both roots together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">No name of the scope is below the root: <see cref="MoqErrorCode.Unauthorized"/>.</exception>
    public OriginPublisher WithRoot(BroadcastPath root) => new(_origin, OriginScope.WithRoot(_scope, root));
}
