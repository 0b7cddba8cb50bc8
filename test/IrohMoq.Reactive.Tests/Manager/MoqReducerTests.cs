using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// The rules as a table: a history of events, and the effects of the last one. <see cref="SessionRulesTests"/> has the rules of sessions.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class MoqReducerTests
{
    private static readonly EndpointId A = Peers.Id(1);
    private static readonly EndpointId B = Peers.Id(2);
    private static readonly EndpointAddr ToA = Peers.Addr(1);
    private static readonly EndpointAddr ToB = Peers.Addr(2);

    [Test]
    public void FirstConnect_Dials() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA)], new DialEffect.Start(10, ToA));

    [Test]
    public void SecondConnect_JoinsTheDialAndMayKnowOtherPlaces() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA)], new DialEffect.Extend(10, ToA));

    [Test]
    public void ConnectToAnotherPeer_DialsIt() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToB)], new DialEffect.Start(11, ToB));

    [Test]
    public void DialSucceeds_AnnouncesOpensAndCompletesEveryWaiter() =>
        Expect(
            [
                new MoqEvent.BroadcastPublished(20, "b"), new MoqEvent.BroadcastPublished(21, "a"),
                new MoqEvent.ConnectRequested(1, 10, ToA),
                new MoqEvent.ConnectRequested(2, 11, ToA),
                new MoqEvent.DialSucceeded(10, A, 100),
            ],
            new SessionEffect.Create(100, true),
            new SessionEffect.Announce(100, 21),
            new SessionEffect.Announce(100, 20),
            new SessionEffect.Open(100),
            new NoticeEffect.SessionOpened(100),
            new ReplyEffect.Complete(1, 100), new ReplyEffect.Complete(2, 100), new DialEffect.End(10));

    [Test]
    public void DialFails_FailsEveryWaiter() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA), new MoqEvent.DialFailed(10, A)],
            new ReplyEffect.Fail(1, 10), new ReplyEffect.Fail(2, 10), new DialEffect.End(10));

    [Test]
    public void ConnectAfterAFailedDial_DialsAgain() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.DialFailed(10, A), new MoqEvent.ConnectRequested(2, 11, ToA)],
            new DialEffect.Start(11, ToA));

    [Test]
    public void OneOfTwoCallersCancels_DialContinues() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA), new MoqEvent.ConnectCanceled(1, A)]);

    [Test]
    public void LastWaiterCancels_StopsTheDial() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A)], new DialEffect.Cancel(10));

    [Test]
    public void WaiterThatIsUnknownCancels_Nothing() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(9, A)]);

    [Test]
    public void StoppedDialSucceedsAllTheSame_IsRefused() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A), new MoqEvent.DialSucceeded(10, A, 100)],
            new ConnectionEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"), new DialEffect.End(10));

    [Test]
    public void StoppedDialSucceeds_DoesNotTouchTheDialAfterIt()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A), new MoqEvent.ConnectRequested(2, 11, ToA),
            new MoqEvent.DialSucceeded(10, A, 100),
        ];
        Expect(history, new ConnectionEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"), new DialEffect.End(10));
        Expect([.. history, new MoqEvent.DialFailed(10, A)], new DialEffect.End(10));
        Expect([.. history, new MoqEvent.DialFailed(11, A)], new ReplyEffect.Fail(2, 11), new DialEffect.End(11));
    }

    [Test]
    public void Publish_AnnouncesToEverySession() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectionArrived(102, B), new MoqEvent.BroadcastPublished(20, "x")],
            new SessionEffect.Announce(100, 20), new SessionEffect.Announce(102, 20), new NoticeEffect.BroadcastPublished(20, false));

    [Test]
    public void Republish_ReplacesEverywhere() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.BroadcastPublished(21, "/x/")],
            new SessionEffect.Announce(100, 21), new SessionEffect.Withdraw(100, 20),
            new NoticeEffect.BroadcastEnded(20, BroadcastEndedBy.Replacement),
            new BroadcastEffect.Forget(20),
            new NoticeEffect.BroadcastPublished(21, true));

    [Test]
    public void ReplacedBroadcastEnds_ItsSuccessorStays()
    {
        MoqEvent[] history =
        [
            new MoqEvent.BroadcastPublished(20, "x"),
            new MoqEvent.BroadcastPublished(21, "x"),
            new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer),
        ];
        Expect(history);
        Expect(
            [.. history, new MoqEvent.ConnectionArrived(100, A)],
            new SessionEffect.Create(100, false),
            new SessionEffect.Announce(100, 21),
            new SessionEffect.Open(100),
            new NoticeEffect.SessionOpened(100));
    }

    [Test]
    public void BroadcastEnds_IsWithdrawnEverywhere() =>
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, A),
                new MoqEvent.BroadcastPublished(20, "x"),
                new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Registration),
            ],
            new SessionEffect.Withdraw(100, 20),
            new NoticeEffect.BroadcastEnded(20, BroadcastEndedBy.Registration),
            new BroadcastEffect.Forget(20));

    [Test]
    public void PeerBeyondTheLimit_IsRefusedAlone()
    {
        var terms = Config with { ConnectionsPerPeer = 2 };
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, A),
            new MoqEvent.ConnectionArrived(101, A),
            new MoqEvent.StreamArrived(101),
            new MoqEvent.ConnectionArrived(102, A),
        ];
        Expect(terms, history, new ConnectionEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Expect(
            terms,
            [.. history, new MoqEvent.ConnectionArrived(103, B)],
            new SessionEffect.Create(103, false),
            new SessionEffect.Open(103),
            new NoticeEffect.SessionOpened(103));
        Expect(
            terms,
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionArrived(103, A), new MoqEvent.StreamArrived(103)],
            new SessionEffect.Create(103, false),
            new SessionEffect.Supersede(101, 103),
            new NoticeEffect.SessionEnded(101),
            new ConnectionEffect.Retire(101),
            new SessionEffect.Open(103),
            new NoticeEffect.SessionOpened(103));
    }

    [Test]
    public void ConnectionsAtTheLimit_RefusePeersAndCallers()
    {
        var terms = Config with { Connections = 1 };
        Expect(
            terms,
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectionArrived(101, B)],
            new ConnectionEffect.Refuse(101, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Expect(
            terms,
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectRequested(1, 10, ToB)],
            new ReplyEffect.Refuse(1, CallerRefusal.TooManySessions));
        Expect(
            terms,
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToB)],
            new ReplyEffect.Refuse(2, CallerRefusal.TooManySessions));
    }

    [Test]
    public void Shutdown_ClosesEverythingAndFinishesAfterTheLastEnd()
    {
        MoqEvent[] history =
        [
            new MoqEvent.BroadcastPublished(20, "x"),
            new MoqEvent.ConnectionArrived(100, A),
            new MoqEvent.ConnectRequested(1, 10, ToB),
            new MoqEvent.ShutdownRequested(),
        ];
        Expect(
            history,
            new DialEffect.Cancel(10),
            new ReplyEffect.Refuse(1, CallerRefusal.ShutDown),
            new SessionEffect.ShutDown(100, MoqErrorCode.Cancel, "cancelled"),
            new NoticeEffect.BroadcastEnded(20, BroadcastEndedBy.Shutdown), new BroadcastEffect.Forget(20));
        Expect([.. history, new MoqEvent.ShutdownRequested()]);
        Expect([.. history, new MoqEvent.DialFailed(10, B)], new DialEffect.End(10));
        Expect(
            [.. history, new MoqEvent.DialFailed(10, B), new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100),
            new NoticeEffect.SessionEnded(100),
            new ConnectionEffect.Forget(100),
            new SessionEffect.Forget(100));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.DialSucceeded(10, B, 101)],
            new ConnectionEffect.Refuse(101, MoqErrorCode.Cancel, "cancelled"), new DialEffect.End(10));
    }

    [Test]
    public void ShutdownWithNothingOpen_FinishesAtOnce()
    {
        Expect([new MoqEvent.ShutdownRequested()]);
        Expect([new MoqEvent.EndpointEnded()]);
        Expect([new MoqEvent.EndpointEnded(), new MoqEvent.ShutdownRequested()]);
    }

    [Test]
    public void AfterShutdown_NothingIsTaken()
    {
        MoqEvent shutdown = new MoqEvent.ShutdownRequested();
        Expect([shutdown, new MoqEvent.ConnectRequested(1, 10, ToA)], new ReplyEffect.Refuse(1, CallerRefusal.ShutDown));
        Expect([shutdown, new MoqEvent.ConnectionArrived(100, A)], new ConnectionEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"));
        Expect([shutdown, new MoqEvent.BroadcastPublished(20, "x")], new BroadcastEffect.Forget(20));
        Expect([shutdown, new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer)]);
    }

    private static ReducerConfig Config => Rules.Config;

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Config, history, expected);

    private static void Expect(ReducerConfig terms, MoqEvent[] history, params MoqEffect[] expected) =>
        Rules.Expect(terms, history, expected);
}
