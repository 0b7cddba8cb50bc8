using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>What all peers announce, as one stream.</summary>
public static class AnnouncementObservables
{
    extension(Moq moq)
    {
        /// <summary>
        /// What the peers of all sessions, present and future, announce below a prefix. Cold: each subscriber gets the present state first, then every change; when a session ends, what was live on it is told as ended. Called on the
        /// pipeline's scheduler. Changes that cancel out before they are delivered are not told, so a slow subscriber needs no memory and misses nothing that lasts. Completes on shutdown; fails with a <see cref="MoqException"/> only
        /// when the endpoint dies.
        /// </summary>
        /// <param name="prefix">Whole segments; empty for everything.</param>
        public IObservable<PeerAnnouncement> Announcements(BroadcastPath prefix = default) => moq.Observe(stop => moq.ReadAnnouncementsAsync(prefix, stop));

        /// <summary>The same as <see cref="Announcements"/>, pulled: what changes meanwhile is coalesced.</summary>
        /// <param name="prefix">Whole segments; empty for everything.</param>
        /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>, also while there is something to take.</param>
        public IAsyncEnumerable<PeerAnnouncement> ReadAnnouncementsAsync(BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
            AnnouncementMerge.ReadAsync(moq, prefix, cancellationToken);
    }
}
