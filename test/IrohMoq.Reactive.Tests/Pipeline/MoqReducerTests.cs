using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The rules as a table: a history of events, and by value what the last of them leads to. The sessions' rules are in <see cref="SessionRulesTests"/>.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MoqReducerTests
{
    private static readonly EndpointId A = Peers.Id(1);
    private static readonly EndpointId B = Peers.Id(2);
    private static readonly EndpointAddr ToA = Peers.Addr(1);
    private static readonly EndpointAddr ToB = Peers.Addr(2);

    [Test]
    public void FirstConnect_Dials() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA)], new MoqEffect.StartDial(10, ToA));

    [Test]
    public void SecondConnect_JoinsTheDialAndMayKnowOtherPlaces() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA)], new MoqEffect.ExtendDial(10, ToA));

    [Test]
    public void ConnectToAnotherPeer_DialsIt() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToB)], new MoqEffect.StartDial(11, ToB));

    [Test]
    public void DialSucceeds_AnnouncesOpensAndCompletesEveryWaiter() =>
        Expect(
            [
                new MoqEvent.BroadcastPublished(20, "b"), new MoqEvent.BroadcastPublished(21, "a"),
                new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA), new MoqEvent.DialSucceeded(10, A, 100),
            ],
            new MoqEffect.Establish(100, true), new MoqEffect.Announce(100, 21), new MoqEffect.Announce(100, 20), new MoqEffect.Open(100),
            new MoqEffect.CompleteWaiter(1, 100), new MoqEffect.CompleteWaiter(2, 100), new MoqEffect.EndDial(10));

    [Test]
    public void DialFails_FailsEveryWaiter() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA), new MoqEvent.DialFailed(10, A)],
            new MoqEffect.FailWaiter(1, 10), new MoqEffect.FailWaiter(2, 10), new MoqEffect.EndDial(10));

    [Test]
    public void ConnectAfterAFailedDial_DialsAgain() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.DialFailed(10, A), new MoqEvent.ConnectRequested(2, 11, ToA)],
            new MoqEffect.StartDial(11, ToA));

    [Test]
    public void OneOfTwoWaitersCancels_DialGoesOn() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToA), new MoqEvent.ConnectCanceled(1, A)]);

    [Test]
    public void LastWaiterCancels_StopsTheDial() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A)], new MoqEffect.CancelDial(10));

    [Test]
    public void WaiterThatIsUnknownCancels_Nothing() =>
        Expect([new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(9, A)]);

    [Test]
    public void StoppedDialSucceedsAllTheSame_IsRefused() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A), new MoqEvent.DialSucceeded(10, A, 100)],
            new MoqEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"), new MoqEffect.EndDial(10));

    [Test]
    public void StoppedDialSucceeds_DoesNotTouchTheDialAfterIt()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectCanceled(1, A), new MoqEvent.ConnectRequested(2, 11, ToA),
            new MoqEvent.DialSucceeded(10, A, 100),
        ];
        Expect(history, new MoqEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"), new MoqEffect.EndDial(10));
        Expect([.. history, new MoqEvent.DialFailed(10, A)], new MoqEffect.EndDial(10));
        Expect([.. history, new MoqEvent.DialFailed(11, A)], new MoqEffect.FailWaiter(2, 11), new MoqEffect.EndDial(11));
    }

    [Test]
    public void Publish_AnnouncesToEverySession() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectionArrived(102, B), new MoqEvent.BroadcastPublished(20, "x")],
            new MoqEffect.Announce(100, 20), new MoqEffect.Announce(102, 20), new MoqEffect.ReportPublished(20, false));

    [Test]
    public void Republish_ReplacesEverywhere() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.BroadcastPublished(21, "/x/")],
            new MoqEffect.Announce(100, 21), new MoqEffect.Withdraw(100, 20),
            new MoqEffect.ForgetBroadcast(20, BroadcastEndedBy.Replacement), new MoqEffect.ReportPublished(21, true));

    [Test]
    public void ReplacedBroadcastEnds_ItsSuccessorStays()
    {
        MoqEvent[] history =
        [
            new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.BroadcastPublished(21, "x"), new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer),
        ];
        Expect(history);
        Expect([.. history, new MoqEvent.ConnectionArrived(100, A)], new MoqEffect.Establish(100, false), new MoqEffect.Announce(100, 21), new MoqEffect.Open(100));
    }

    [Test]
    public void BroadcastEnds_IsWithdrawnEverywhere() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Registration)],
            new MoqEffect.Withdraw(100, 20), new MoqEffect.ForgetBroadcast(20, BroadcastEndedBy.Registration));

    [Test]
    public void PeerBeyondTheLimit_IsRefusedAlone()
    {
        var terms = Terms with { ConnectionsPerPeer = 2 };
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectionArrived(101, A), new MoqEvent.StreamArrived(101), new MoqEvent.ConnectionArrived(102, A)];
        Expect(terms, history, new MoqEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Expect(terms, [.. history, new MoqEvent.ConnectionArrived(103, B)], new MoqEffect.Establish(103, false), new MoqEffect.Open(103));
        Expect(
            terms,
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionArrived(103, A), new MoqEvent.StreamArrived(103)],
            new MoqEffect.Establish(103, false), new MoqEffect.ReportSuperseded(101), new MoqEffect.Retire(101), new MoqEffect.Open(103));
    }

    [Test]
    public void ConnectionsAtTheLimit_RefusePeersAndCallers()
    {
        var terms = Terms with { Connections = 1 };
        Expect(terms, [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectionArrived(101, B)], new MoqEffect.Refuse(101, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Expect(terms, [new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectRequested(1, 10, ToB)], new MoqEffect.RefuseWaiter(1, WaiterRefusal.TooManySessions));
        Expect(terms, [new MoqEvent.ConnectRequested(1, 10, ToA), new MoqEvent.ConnectRequested(2, 11, ToB)], new MoqEffect.RefuseWaiter(2, WaiterRefusal.TooManySessions));
    }

    [Test]
    public void Shutdown_ClosesEverythingAndFinishesAfterTheLastEnd()
    {
        MoqEvent[] history =
        [
            new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.ConnectionArrived(100, A), new MoqEvent.ConnectRequested(1, 10, ToB), new MoqEvent.ShutdownRequested(),
        ];
        Expect(
            history,
            new MoqEffect.CancelDial(10), new MoqEffect.RefuseWaiter(1, WaiterRefusal.ShutDown), new MoqEffect.Close(100, MoqErrorCode.Cancel, "cancelled"),
            new MoqEffect.ForgetBroadcast(20, BroadcastEndedBy.Shutdown));
        Expect([.. history, new MoqEvent.ShutdownRequested()]);
        Expect([.. history, new MoqEvent.DialFailed(10, B)], new MoqEffect.EndDial(10));
        Expect(
            [.. history, new MoqEvent.DialFailed(10, B), new MoqEvent.ConnectionEnded(100)],
            new MoqEffect.ReportClosed(100, 100), new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100), new MoqEffect.Finish());
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.DialSucceeded(10, B, 101)],
            new MoqEffect.Refuse(101, MoqErrorCode.Cancel, "cancelled"), new MoqEffect.EndDial(10), new MoqEffect.Finish());
    }

    [Test]
    public void ShutdownWithNothingOpen_FinishesAtOnce()
    {
        Expect([new MoqEvent.ShutdownRequested()], new MoqEffect.Finish());
        Expect([new MoqEvent.EndpointEnded()], new MoqEffect.Finish());
        Expect([new MoqEvent.EndpointEnded(), new MoqEvent.ShutdownRequested()]);
    }

    [Test]
    public void AfterShutdown_NothingIsTaken()
    {
        MoqEvent shutdown = new MoqEvent.ShutdownRequested();
        Expect([shutdown, new MoqEvent.ConnectRequested(1, 10, ToA)], new MoqEffect.RefuseWaiter(1, WaiterRefusal.ShutDown));
        Expect([shutdown, new MoqEvent.OfferFailed(1, 10, ToA, 100)], new MoqEffect.RefuseWaiter(1, WaiterRefusal.ShutDown));
        Expect([shutdown, new MoqEvent.ConnectionArrived(100, A)], new MoqEffect.Refuse(100, MoqErrorCode.Cancel, "cancelled"));
        Expect([shutdown, new MoqEvent.BroadcastPublished(20, "x")], new MoqEffect.ForgetBroadcast(20, BroadcastEndedBy.Shutdown));
        Expect([shutdown, new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer)]);
    }

    private static MoqTerms Terms => Rules.Terms;

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Terms, history, expected);

    private static void Expect(MoqTerms terms, MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(terms, history, expected);
}
