using System.Reactive.Concurrency;

namespace IrohMoq.Reactive;

/// <content>The broadcasts that peers announce.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns what the peers of all sessions, present and future, announce below a prefix. Cold: each subscriber gets the present state
    /// first, then every change; when a session ends, what was live on it is reported as ended. Changes that cancel out before they are
    /// delivered are not reported, so a slow subscriber needs no memory and misses nothing that lasts. Completes on shutdown; fails with a
    /// <see cref="MoqException"/> if the endpoint dies.
    /// </summary>
    /// <param name="prefix">The prefix, in whole segments; the default value stands for everything.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    public IObservable<PeerAnnouncement> Announcements(BroadcastPath prefix = default, IScheduler? scheduler = null) =>
        Observe(stop => ReadAnnouncementsAsync(prefix, stop), scheduler);

    /// <summary>Returns <see cref="Announcements"/> as a pull stream: changes while the reader does not ask are combined.</summary>
    /// <param name="prefix">The prefix, in whole segments; the default value stands for everything.</param>
    /// <param name="cancellationToken">
    /// Ends the reading with an <see cref="OperationCanceledException"/>, even while there is something to take.
    /// </param>
    public IAsyncEnumerable<PeerAnnouncement> ReadAnnouncementsAsync(
        BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        AnnouncementMerge.ReadAsync(_manager, prefix, cancellationToken);
}
