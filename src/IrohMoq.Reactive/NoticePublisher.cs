using System.Collections.Immutable;
using System.Diagnostics;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Publishes the changes of sessions and broadcasts to the ring of notices, to the list of open sessions, and to the meters.
/// </summary>
/// <param name="sessions">The table of sessions.</param>
/// <param name="broadcasts">The table of published broadcasts.</param>
/// <param name="capacity">The maximum number of notices that the ring keeps.</param>
/// <param name="runtime">The runtime on which readers wait.</param>
/// <param name="log">The log.</param>
internal sealed class NoticePublisher(SessionTable sessions, BroadcastTable broadcasts, int capacity, Runtime runtime, ILogger log)
{
    /// <summary>Gets the notices of sessions and broadcasts, in the order in which they occurred.</summary>
    public NoticeRing<Notice> Notices { get; } = new(capacity, runtime, log.ObserverFailed);

    /// <summary>Gets the currently open sessions.</summary>
    public LatestValue<ImmutableSortedDictionary<long, SharedSession>> Sessions { get; } =
        new(runtime, ImmutableSortedDictionary<long, SharedSession>.Empty);

    /// <summary>Completes all streams. Repeated calls have no effect.</summary>
    /// <param name="fault">The function that creates the exception for each subscriber; null for a normal end.</param>
    public void Complete(Func<Exception>? fault)
    {
        Notices.Complete(fault);
        Sessions.Complete(fault);
    }

    public void Run(NoticeEffect effect)
    {
        switch (effect)
        {
            case NoticeEffect.SessionOffered e:
                Notices.Publish(new Notice(sessions.Find(e.Session), SessionNoticeKind.Offered, null), e.Session);
                break;
            case NoticeEffect.OfferEnded e:
                Notices.Retire(e.Session);
                break;
            case NoticeEffect.SessionOpened e:
                var opened = sessions.Find(e.Session);
                MoqTelemetry.SessionsActive.Add(1);
                Sessions.Set(Sessions.Value.SetItem(e.Session, opened));
                Notices.Publish(new Notice(opened, SessionNoticeKind.Opened, null), e.Session);
                break;
            case NoticeEffect.SessionEnded e:
                var ended = sessions.Find(e.Session);
                Count(ended.Ended!);
                Sessions.Set(Sessions.Value.Remove(e.Session));
                Notices.Retire(e.Session);
                Notices.Publish(new Notice(ended, SessionNoticeKind.Ended, null));
                break;
            case NoticeEffect.PeerGoingAway e:
                var going = sessions.Find(e.Session);
                Notices.Publish(new Notice(going, SessionNoticeKind.GoingAway, null, (e.Uri, e.IsMoving)));
                break;
            case NoticeEffect.BroadcastPublished e when broadcasts.Find(e.Broadcast).IsOffer:
            case NoticeEffect.BroadcastEnded { } offer when broadcasts.Find(offer.Broadcast).IsOffer:
                // A prefix is no broadcast.
                break;
            case NoticeEffect.BroadcastPublished e:
                var change = e.IsReplacing ? BroadcastChange.Replaced : BroadcastChange.Announced;
                Notices.Publish(NoticeOf(broadcasts.Find(e.Broadcast), change, null), e.Broadcast);
                break;
            case NoticeEffect.BroadcastEnded e:
                Notices.Retire(e.Broadcast);
                Notices.Publish(NoticeOf(broadcasts.Find(e.Broadcast), BroadcastChange.Ended, e.By));
                break;
            default:
                throw new UnreachableException($"There is no code for the effect {effect}.");
        }
    }

    private static Notice NoticeOf(PublishedBroadcast published, BroadcastChange change, BroadcastEndedBy? by) =>
        new(null, SessionNoticeKind.Opened, new BroadcastEvent(published.Name, published.Broadcast, change, by));

    private static void Count(SessionClosed closed)
    {
        MoqTelemetry.SessionsActive.Add(-1);
        if (MoqTelemetry.SessionsClosed.Enabled)
            MoqTelemetry.SessionsClosed.Add(1, new("moq.session.end", closed.Cause.ToString()), new("moq.code", closed.Code.Value));
    }
}
