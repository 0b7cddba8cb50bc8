using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>The rules of a session as a table: which handles keep it open, and when it lingers, closes, and ends.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SessionRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointId Great = Peers.Id(9);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);
    private static readonly EndpointAddr ToGreat = Peers.Addr(9);

    [Test]
    public void ConnectWhileASessionIsOpen_OffersIt() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 100));

    [Test]
    public void ConnectWhileTheSessionIsClosing_Dials()
    {
        MoqEvent[] closing = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.SessionClosing(100)];
        Expect(closing);
        Expect([.. closing, new MoqEvent.SessionClosing(100)]);
        Expect([.. closing, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new DialEffect.Start(10, ToSmall));
        Expect(
            [.. closing, new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectRequested(2, 11, ToSmall)],
            new DialEffect.Extend(10, ToSmall));
        Expect(
            [.. closing, new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new ConnectionEffect.Forget(100),
            new SessionEffect.Forget(100));
    }

    [Test]
    public void SessionThatIsClosing_EndsBeforeItsSuccessorOpens() =>
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.SessionClosing(100), new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 101),
            ],
            new SessionEffect.Create(101, true), new SessionEffect.End(100), new NoticeEffect.SessionEnded(100),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101), new ReplyEffect.Complete(1, 101), new DialEffect.End(10));

    [Test]
    public void AcceptedSession_IsClosedAfterItsLastHandle()
    {
        MoqEvent[] released = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.LeaseTaken(100), new MoqEvent.LeaseReturned(100)];
        Expect(released, new SessionEffect.StartLinger(100, 2));
        Expect([.. released, new MoqEvent.LingerElapsed(100, 2)], new SessionEffect.Close(100, MoqErrorCode.Cancel, "no longer used"));
        Expect([.. released, new MoqEvent.LeaseTaken(100), new MoqEvent.LingerElapsed(100, 2)]);
    }

    [Test]
    public void SessionThatIsRead_StaysAfterItsLastHandle_AndLingersAfterTheReading()
    {
        MoqEvent[] read =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ReadingBegan(100),
            new MoqEvent.LeaseReturned(100),
        ];
        Expect(read);
        Expect([.. read, new MoqEvent.LeaseReturned(100)], new SessionEffect.StartLinger(100, 3));
        Expect([.. read, new MoqEvent.LeaseReturned(100), new MoqEvent.ReadingBegan(100), new MoqEvent.LingerElapsed(100, 3)]);
    }

    [Test]
    public void SessionThatThePeerDialed_StaysAfterAReading() =>
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ReadingBegan(100), new MoqEvent.LeaseReturned(100)]);

    [Test]
    public void ParkedSessionWithoutAHandle_EndsWithItsLinger()
    {
        MoqEvent[] parked =
        [
            new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.ConnectionArrived(101, Great), new MoqEvent.LeaseTaken(101),
            new MoqEvent.LeaseReturned(101), new MoqEvent.LeaseReturned(101), new MoqEvent.ConnectionEnded(101, IsSuperseded: true),
        ];
        Expect(parked[..^1], new SessionEffect.StartLinger(101, 3));
        Expect(parked, new SessionEffect.Park(101, 101), new ConnectionEffect.Forget(101));
        Expect(
            [.. parked, new MoqEvent.LingerElapsed(101, 3)],
            new SessionEffect.Close(101, MoqErrorCode.Cancel, "no longer used"), new SessionEffect.End(101),
            new NoticeEffect.SessionEnded(101), new SessionEffect.Forget(101));
    }

    [Test]
    public void PeersWithoutAnId_HaveASessionEach()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, PeerKey.Anonymous(100)), new MoqEvent.ConnectionArrived(101, PeerKey.Anonymous(101)),
        ];
        Expect(history, new SessionEffect.Create(101, false), new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new ConnectionEffect.Forget(100),
            new SessionEffect.Forget(100));
    }

    [Test]
    public void SessionEndsTwice_IsReportedOnce() =>
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionEnded(100)]);

    [Test]
    public void LastLeaseIsReturned_TheSessionLingersAndCloses()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectRequested(2, 11, ToSmall),
            new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100),
        ];
        Expect(history);
        Expect([.. history, new MoqEvent.LeaseReturned(100)], new SessionEffect.StartLinger(100, 3));
        Expect(
            [.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 3)],
            new SessionEffect.Close(100, MoqErrorCode.Cancel, "no longer used"));
        Expect(
            [
                .. history,
                new MoqEvent.LeaseReturned(100),
                new MoqEvent.LingerElapsed(100, 3),
                new MoqEvent.ConnectRequested(3, 12, ToSmall),
            ],
            new DialEffect.Start(12, ToSmall));
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LeaseReturned(100)]);
    }

    [Test]
    public void CallerConnectsWithinTheLinger_TheSessionStays()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100),
            new MoqEvent.ConnectRequested(2, 11, ToSmall),
        ];
        Expect(history, new ReplyEffect.Complete(2, 100));
        Expect([.. history, new MoqEvent.LingerElapsed(100, 2)]);
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 2)]);
        Expect(
            [.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 4)],
            new SessionEffect.Close(100, MoqErrorCode.Cancel, "no longer used"));
    }

    [Test]
    public void SessionThatThePeerDialed_StaysWithoutLeases()
    {
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.LeaseReturned(100)]);
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 100),
                new MoqEvent.ConnectionArrived(101, Small),
                new MoqEvent.LeaseReturned(100),
            ]);
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100),
                new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.LingerElapsed(100, 2),
            ]);
    }

    [Test]
    public void DialWithoutACaller_Lingers() =>
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.ConnectionArrived(100, Small),
                new MoqEvent.ConnectionEnded(100),
                new MoqEvent.DialSucceeded(10, Small, 101),
            ],
            new SessionEffect.Create(101, true), new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101),
            new SessionEffect.StartLinger(101, 1), new DialEffect.End(10));

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);
}
