using System.Reactive.Concurrency;

namespace IrohMoq.Reactive;

/// <content>Provides the broadcasts that peers announce.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns the broadcasts that the peers of all current and future sessions announce below a prefix. The observable is cold: each
    /// subscriber receives the current state first, and then every change. When a session ends, its live broadcasts are reported as
    /// ended. Changes that cancel each other out before they are delivered are not reported, so that a slow subscriber needs no memory
    /// and misses no lasting change. The observable completes on shutdown, and fails with a <see cref="MoqException"/> if the endpoint
    /// fails.
    /// </summary>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="includeRouteChanges">
    /// True to include a change of the hops or the costs of a live broadcast (<see cref="PeerAnnouncement.IsRouteChange"/>). A slow
    /// subscriber receives the last one of several changes, and none if the route is again the one that it knows.
    /// </param>
    public IObservable<PeerAnnouncement> Announcements(
        BroadcastPath prefix = default,
        IScheduler? scheduler = null,
        bool includeHidden = false,
        bool includeRouteChanges = false) =>
        Observe(stop => ReadAnnouncementsAsync(prefix, includeHidden, includeRouteChanges, stop), scheduler);

    /// <summary>
    /// Returns <see cref="Announcements"/> as an asynchronous enumerable, without hidden names. Changes between two requests of the reader
    /// are combined.
    /// </summary>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="cancellationToken">
    /// The token that ends the enumeration with an <see cref="OperationCanceledException"/>, even if an item is available.
    /// </param>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public IAsyncEnumerable<PeerAnnouncement> ReadAnnouncementsAsync(
        BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        ReadAnnouncementsAsync(prefix, includeHidden: false, cancellationToken);
#pragma warning restore RS0026

    /// <summary>
    /// Returns <see cref="Announcements"/> as an asynchronous enumerable. Changes between two requests of the reader are combined.
    /// </summary>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="cancellationToken">
    /// The token that ends the enumeration with an <see cref="OperationCanceledException"/>, even if an item is available.
    /// </param>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public IAsyncEnumerable<PeerAnnouncement> ReadAnnouncementsAsync(
        BroadcastPath prefix, bool includeHidden, CancellationToken cancellationToken = default) =>
        ReadAnnouncementsAsync(prefix, includeHidden, includeRouteChanges: false, cancellationToken);
#pragma warning restore RS0026

    /// <summary>
    /// Returns <see cref="Announcements"/> as an asynchronous enumerable. Changes between two requests of the reader are combined.
    /// </summary>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="includeRouteChanges">
    /// True to include a change of the hops or the costs of a live broadcast (<see cref="PeerAnnouncement.IsRouteChange"/>).
    /// </param>
    /// <param name="cancellationToken">
    /// The token that ends the enumeration with an <see cref="OperationCanceledException"/>, even if an item is available.
    /// </param>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public IAsyncEnumerable<PeerAnnouncement> ReadAnnouncementsAsync(
        BroadcastPath prefix, bool includeHidden, bool includeRouteChanges, CancellationToken cancellationToken = default) =>
        AnnouncementMerge.ReadAsync(_manager, prefix, includeHidden, includeRouteChanges, cancellationToken);
#pragma warning restore RS0026
}
