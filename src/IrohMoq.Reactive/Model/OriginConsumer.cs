using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Provides read access to a set of named broadcasts and its changes. All members are thread-safe.</summary>
public sealed class OriginConsumer
{
    private readonly OriginProducer _origin;
    private readonly OriginScope? _scope;

    internal OriginConsumer(OriginProducer origin, OriginScope? scope = null)
    {
        _origin = origin;
        _scope = scope;
    }

    /// <summary>Gets the names of the broadcasts that are currently in the set, in order, also the hidden ones.</summary>
    public IReadOnlyList<BroadcastPath> Names =>
        _scope is null ? _origin.Names() : [.. _origin.Names().Where(_scope.Contains).Select(_scope.WithoutRoot)];

    /// <summary>
    /// Gets the prefixes below which this object reads, without the root and in order. No prefix is below another one. An object that
    /// reads the entire set has one prefix, the path without segments.
    /// </summary>
    public IReadOnlyList<BroadcastPath> Prefixes => OriginScope.PrefixesOf(_scope);

    /// <summary>
    /// Returns an object that reads only the broadcasts below certain prefixes. A prefix never widens the scope of this object.
    /// </summary>
    /// <param name="prefixes">
    /// The prefixes, without the root; each matches entire path segments. The path without segments stands for the scope of this object.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are no prefixes, or the root and a prefix together exceed the limits of a path.
    /// </exception>
    /// <exception cref="MoqException">No name of the scope is below the prefixes: <see cref="MoqErrorCode.Unauthorized"/>.</exception>
    public OriginConsumer Narrow(params ReadOnlySpan<BroadcastPath> prefixes) => new(_origin, OriginScope.Narrow(_scope, prefixes));

    /// <summary>Returns an object that reads only the broadcasts below a root, and whose names do not contain the root.</summary>
    /// <param name="root">The root, which follows the root of this object.</param>
    /// <exception cref="ArgumentException">Both roots together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">No name of the scope is below the root: <see cref="MoqErrorCode.Unauthorized"/>.</exception>
    public OriginConsumer WithRoot(BroadcastPath root) => new(_origin, OriginScope.WithRoot(_scope, root));

    /// <summary>
    /// Returns the broadcast that currently has the specified name, or null if there is none or the name is not in the scope.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    public BroadcastConsumer? Find(BroadcastPath path) =>
        _scope is null || _scope.TryComplete(path, out path) ? _origin.Find(path) : null;

    /// <summary>
    /// Waits for a broadcast with the specified name: returns the current one or, if there is none, the next one. A broadcast that has
    /// ended is never returned.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <exception cref="MoqException">
    /// The name is not in the scope of this object: <see cref="MoqErrorCode.Unauthorized"/>. Or the set of broadcasts has ended, for
    /// example because its session ended.
    /// </exception>
    /// <exception cref="ArgumentException">The root and the name together exceed the limits of a path.</exception>
    public ValueTask<BroadcastConsumer> WaitAsync(BroadcastPath path, CancellationToken cancellationToken = default) =>
        _scope is null ? _origin.WaitAsync(path, cancellationToken) : WaitInScopeAsync(_scope, path, cancellationToken);

    /// <summary>
    /// Requests a broadcast that need not be announced under its name: returns the current broadcast of that name or, if there is none, one
    /// below the longest announced prefix. The method waits for such a prefix. Where names only can be announced, up to moq-lite-05, the
    /// broadcast is returned at once.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <returns>
    /// The broadcast. If the publisher does not have it, its tracks fail with <see cref="MoqErrorCode.NotFound"/> or
    /// <see cref="MoqErrorCode.Unroutable"/>. It ends when its prefix is withdrawn: request it again then.
    /// </returns>
    /// <exception cref="MoqException">
    /// The name is not in the scope of this object: <see cref="MoqErrorCode.Unauthorized"/>. Or the set of broadcasts has ended, for
    /// example because its session ended.
    /// </exception>
    /// <exception cref="ArgumentException">The root and the name together exceed the limits of a path.</exception>
    public ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, CancellationToken cancellationToken = default) =>
        _scope is null ? _origin.RequestAsync(path, cancellationToken) : RequestInScopeAsync(_scope, path, cancellationToken);

    /// <summary>
    /// Reads the broadcasts below a prefix, and then every change, in the order of the names. Changes that cancel each other out before
    /// they are read are not reported; a replacement is reported as an end and a beginning. The sequence ends when the set of broadcasts
    /// has ended. For a slow listener, only the names that changed are kept. Hidden names are left out: those with a segment after the
    /// prefix that begins with a dot.
    /// </summary>
    /// <param name="prefix">The prefix, which matches entire path segments; the path without segments matches every broadcast.</param>
    /// <param name="cancellationToken">
    /// The token that ends the sequence with an <see cref="OperationCanceledException"/>, even while there are changes to read.
    /// </param>
    /// <exception cref="ArgumentException">The root and the prefix together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">
    /// No name of the scope is below the prefix: <see cref="MoqErrorCode.Unauthorized"/>, when the first item is read.
    /// </exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public IAsyncEnumerable<Announcement> AnnouncementsAsync(
        BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        AnnouncementsAsync(prefix, includeHidden: false, cancellationToken);
#pragma warning restore RS0026

    /// <summary>
    /// Reads the broadcasts below a prefix, and then every change, as <see cref="AnnouncementsAsync(BroadcastPath, CancellationToken)"/>
    /// does, with or without hidden names.
    /// </summary>
    /// <param name="prefix">The prefix, which matches entire path segments; the path without segments matches every broadcast.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="cancellationToken">
    /// The token that ends the sequence with an <see cref="OperationCanceledException"/>, even while there are changes to read.
    /// </param>
    /// <exception cref="ArgumentException">The root and the prefix together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">
    /// No name of the scope is below the prefix: <see cref="MoqErrorCode.Unauthorized"/>, when the first item is read.
    /// </exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public IAsyncEnumerable<Announcement> AnnouncementsAsync(
        BroadcastPath prefix, bool includeHidden, CancellationToken cancellationToken = default) =>
        AnnouncementsAsync(prefix, includeHidden, includeRouteChanges: false, cancellationToken);
#pragma warning restore RS0026

    /// <summary>
    /// Reads the broadcasts below a prefix, and then every change, as <see cref="AnnouncementsAsync(BroadcastPath, CancellationToken)"/>
    /// does, with or without hidden names and changes of routes.
    /// </summary>
    /// <param name="prefix">The prefix, which matches entire path segments; the path without segments matches every broadcast.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="includeRouteChanges">
    /// True to include a change of the hops or the costs of a live broadcast (<see cref="Announcement.IsRouteChange"/>). Of several changes
    /// before they are read only the last one is reported, and none if the route is again the one that was reported last.
    /// </param>
    /// <param name="cancellationToken">
    /// The token that ends the sequence with an <see cref="OperationCanceledException"/>, even while there are changes to read.
    /// </param>
    /// <exception cref="ArgumentException">The root and the prefix together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">
    /// No name of the scope is below the prefix: <see cref="MoqErrorCode.Unauthorized"/>, when the first item is read.
    /// </exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public async IAsyncEnumerable<Announcement> AnnouncementsAsync(
        BroadcastPath prefix,
        bool includeHidden,
        bool includeRouteChanges,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
#pragma warning restore RS0026
    {
        using var cursor = OpenAnnouncements(prefix, wake: null, includeHidden, includeRouteChanges);
        do
        {
            // Checked not only while waiting, because there may be thousands of changes to read.
            cancellationToken.ThrowIfCancellationRequested();
            while (cursor.TryNext(out var announcement))
            {
                yield return announcement;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        while (await cursor.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Gets the clock that the listeners of the set use.</summary>
    internal Runtime Runtime => _origin.Runtime;

    internal AnnounceCursor OpenAnnouncements(
        BroadcastPath prefix, Action? wake, bool includeHidden, bool includeRoutes = false) =>
        _scope is null
            ? _origin.OpenAnnouncements(prefix, wake, includeHidden, scope: null, includeRoutes)
            : _origin.OpenAnnouncements(
                _scope.WithRoot(prefix), wake, includeHidden, OriginScope.Narrow(_scope, [prefix]), includeRoutes);

    /// <summary>Opens a cursor of the broadcast with one name, and its routes. This object must not have a scope.</summary>
    internal AnnounceCursor OpenAnnouncementsOf(BroadcastPath name, Action wake) => _origin.OpenAnnouncementsOf(name, wake);

    /// <summary>Waits until the set of broadcasts has ended.</summary>
    internal ValueTask WaitForEndAsync(CancellationToken cancellationToken) => _origin.WaitForEndAsync(cancellationToken);

    private async ValueTask<BroadcastConsumer> WaitInScopeAsync(
        OriginScope scope, BroadcastPath path, CancellationToken cancellationToken) =>
        await _origin.WaitAsync(scope.Complete(path), cancellationToken).ConfigureAwait(false);

    private async ValueTask<BroadcastConsumer> RequestInScopeAsync(
        OriginScope scope, BroadcastPath path, CancellationToken cancellationToken) =>
        await _origin.RequestAsync(scope.Complete(path), cancellationToken).ConfigureAwait(false);
}
