using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The rules of sessions as a table: which connection carries a session, who holds it, and what takes its place.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SessionRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointId Great = Peers.Id(9);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);
    private static readonly EndpointAddr ToGreat = Peers.Addr(9);

    [Test]
    public void ConnectWhileASessionIsOpen_OffersIt() =>
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 100));

    [Test]
    public void OfferedSessionTurnsOutClosed_DialsAfresh() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.OfferFailed(1, 10, ToSmall, 100)],
            new MoqEffect.StartDial(10, ToSmall));

    [Test]
    public void TwoCallersFindTheSameClosedSession_OneDial() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.OfferFailed(1, 10, ToSmall, 100), new MoqEvent.OfferFailed(2, 11, ToSmall, 100)],
            new MoqEffect.ExtendDial(10, ToSmall));

    [Test]
    public void SessionThatWasFoundClosed_StillReportsItsEnd() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.OfferFailed(1, 10, ToSmall, 100), new MoqEvent.ConnectionEnded(100)],
            new MoqEffect.ReportClosed(100, 100), new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));

    [Test]
    public void SessionThatWasFoundClosed_IsReportedBeforeItsSuccessorOpens()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.OfferFailed(1, 10, ToSmall, 100),
            new MoqEvent.DialSucceeded(10, Small, 101),
        ];
        Expect(
            history,
            new MoqEffect.Establish(101, true), new MoqEffect.ReportClosed(100, 100), new MoqEffect.Open(101), new MoqEffect.CompleteWaiter(1, 101), new MoqEffect.EndDial(10));
        Expect([.. history, new MoqEvent.ConnectionEnded(100)], new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));
        Expect([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectRequested(2, 11, ToSmall)], new MoqEffect.OfferSession(2, 11, ToSmall, 101));
    }

    [Test]
    public void PeersOwnConnectionComesFirst_CompletesTheWaitersAndLetsTheDialGoOn()
    {
        MoqEvent[] history = [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small)];
        Expect(history, new MoqEffect.Establish(100, false), new MoqEffect.Open(100), new MoqEffect.CompleteWaiter(1, 100));
        Expect([.. history, new MoqEvent.DialFailed(10, Small)], new MoqEffect.EndDial(10));
        Expect([.. history, new MoqEvent.ConnectCanceled(1, Small)]);
    }

    [Test]
    public void BothDial_TheConnectionOfTheSmallerIdStaysAndTheOthersDialerClosesIt()
    {
        // The peer's stays: this side closes its own.
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ConnectionArrived(101, Small)],
            new MoqEffect.Join(100, 101, 101), new MoqEffect.Retire(100));
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.DialSucceeded(10, Small, 100)],
            new MoqEffect.Join(101, 100, 101), new MoqEffect.Retire(100), new MoqEffect.EndDial(10));
        // This side's stays: the peer closes its own, when it knows that it has both.
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.DialSucceeded(10, Great, 100), new MoqEvent.ConnectionArrived(101, Great)],
            new MoqEffect.Join(100, 101, 100));
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.ConnectionArrived(101, Great), new MoqEvent.DialSucceeded(10, Great, 100)],
            new MoqEffect.Join(101, 100, 100), new MoqEffect.EndDial(10));
    }

    [Test]
    public void BothDial_TheSessionGoesOnWithoutTheConnectionThatEnds()
    {
        MoqEvent[] history = [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ConnectionArrived(101, Small)];
        Expect([.. history, new MoqEvent.ConnectionEnded(100)], new MoqEffect.Leave(100, 100, 101), new MoqEffect.ForgetConnection(100));
        Expect([.. history, new MoqEvent.ConnectionEnded(101)], new MoqEffect.Leave(100, 101, 100), new MoqEffect.ForgetConnection(101));
        Expect([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectRequested(2, 11, ToSmall)], new MoqEffect.OfferSession(2, 11, ToSmall, 100));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionEnded(101)],
            new MoqEffect.ReportClosed(100, 101), new MoqEffect.ForgetConnection(101), new MoqEffect.ForgetSession(100));
    }

    [Test]
    public void PeerHasTheConnectionThatIsStillBeingDialedHere_TheSessionWaitsForIt()
    {
        MoqEvent[] history = [new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.ConnectionArrived(101, Great), new MoqEvent.ConnectionEnded(101, IsSuperseded: true)];
        Expect(history, new MoqEffect.Hold(101, 101), new MoqEffect.ForgetConnection(101));
        Expect([.. history, new MoqEvent.DialSucceeded(10, Great, 100)], new MoqEffect.Join(101, 100, 100), new MoqEffect.EndDial(10));
        Expect([.. history, new MoqEvent.ConnectionArrived(102, Great)], new MoqEffect.Join(101, 102, 102));
        Expect([.. history, new MoqEvent.ConnectRequested(2, 11, ToGreat)], new MoqEffect.OfferSession(2, 11, ToGreat, 101));
        Expect([.. history, new MoqEvent.DialFailed(10, Great)], new MoqEffect.ReportHeldClosed(101), new MoqEffect.ForgetSession(101), new MoqEffect.EndDial(10));
        MoqEvent[] beforeItsEnd = [.. history[..^1], new MoqEvent.ConnectRequested(2, 11, ToGreat)];
        Expect([.. beforeItsEnd, new MoqEvent.OfferFailed(2, 11, ToGreat, 101, IsSuperseded: true)], new MoqEffect.CompleteWaiter(2, 101));
        Expect([.. beforeItsEnd, new MoqEvent.OfferFailed(2, 11, ToGreat, 101)], new MoqEffect.ExtendDial(10, ToGreat));
        Expect(
            [.. history, new MoqEvent.ShutdownRequested()],
            new MoqEffect.CancelDial(10), new MoqEffect.Close(101, MoqErrorCode.Cancel, "cancelled"));
        Expect(
            [.. history, new MoqEvent.ShutdownRequested(), new MoqEvent.DialFailed(10, Great)],
            new MoqEffect.ReportHeldClosed(101), new MoqEffect.ForgetSession(101), new MoqEffect.EndDial(10), new MoqEffect.Finish());
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.ConnectionArrived(101, Great), new MoqEvent.ConnectionEnded(101)],
            new MoqEffect.ReportClosed(101, 101), new MoqEffect.ForgetConnection(101), new MoqEffect.ForgetSession(101));
    }

    [Test]
    public void JoinsASessionThatIsOver_BecomesOneOfItsOwn()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.JoinFailed(100, 101),
        ];
        Expect(history, new MoqEffect.Establish(101, false), new MoqEffect.ReportClosed(100, 100), new MoqEffect.Open(101));
        Expect([.. history, new MoqEvent.ConnectionEnded(100)], new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));
        Expect([.. history, new MoqEvent.JoinFailed(100, 101)]);
    }

    [Test]
    public void DialJoinsASessionThatIsOver_BecomesOneOfItsOwn() =>
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.JoinFailed(101, 100),
            ],
            new MoqEffect.Establish(100, true), new MoqEffect.ReportClosed(101, 101), new MoqEffect.Open(100), new MoqEffect.StartLinger(100, 1));

    [Test]
    public void PeerDialsAgain_TheNewSessionTakesTheOldOnesPlace()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101)];
        Expect(history, new MoqEffect.Establish(101, false), new MoqEffect.ReportSuperseded(100), new MoqEffect.Retire(100), new MoqEffect.Open(101));
        Expect([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 101));
        Expect([.. history, new MoqEvent.BroadcastPublished(20, "x")], new MoqEffect.Announce(101, 20), new MoqEffect.ReportPublished(20, false));
    }

    [Test]
    public void OldSessionEnds_DoesNotRemoveItsSuccessor()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101), new MoqEvent.ConnectionEnded(100)];
        Expect(history, new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));
        Expect([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 101));
    }

    [Test]
    public void NewestSessionEnds_TheOneItTookThePlaceOfDoesNotComeBack() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101), new MoqEvent.ConnectionEnded(101), new MoqEvent.ConnectRequested(1, 10, ToSmall)],
            new MoqEffect.StartDial(10, ToSmall));

    [Test]
    public void SessionEndsTwice_IsReportedOnce() =>
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionEnded(100)]);

    [Test]
    public void LastHoldIsGivenBack_TheSessionLingersAndCloses()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectRequested(2, 11, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100),
        ];
        Expect(history);
        Expect([.. history, new MoqEvent.LeaseReturned(100)], new MoqEffect.StartLinger(100, 3));
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 3)], new MoqEffect.Close(100, MoqErrorCode.Cancel, "no longer used"));
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 3), new MoqEvent.ConnectRequested(3, 12, ToSmall)], new MoqEffect.StartDial(12, ToSmall));
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LeaseReturned(100)]);
    }

    [Test]
    public void SomebodyComesBackWithinTheLinger_TheSessionStays()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100), new MoqEvent.ConnectRequested(2, 11, ToSmall),
        ];
        Expect(history, new MoqEffect.OfferSession(2, 11, ToSmall, 100));
        Expect([.. history, new MoqEvent.LingerElapsed(100, 2)]);
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 2)]);
        Expect([.. history, new MoqEvent.LeaseReturned(100), new MoqEvent.LingerElapsed(100, 4)], new MoqEffect.Close(100, MoqErrorCode.Cancel, "no longer used"));
    }

    [Test]
    public void SessionThatThePeerDialed_StaysWithoutHolds()
    {
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.LeaseReturned(100)]);
        Expect([new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.LeaseReturned(100)]);
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.LeaseReturned(100), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.LingerElapsed(100, 2)]);
    }

    [Test]
    public void DialThatNobodyWaitsForAnyMore_Lingers() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionEnded(100), new MoqEvent.DialSucceeded(10, Small, 101)],
            new MoqEffect.Establish(101, true), new MoqEffect.Open(101), new MoqEffect.StartLinger(101, 1), new MoqEffect.EndDial(10));

    [Test]
    public void WithAGate_APeerSeesNothingBeforeItIsAccepted()
    {
        MoqEvent[] history = [new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.ConnectionArrived(100, Small)];
        ExpectGated(history, new MoqEffect.Offer(100));
        ExpectGated([.. history, new MoqEvent.BroadcastPublished(21, "y")], new MoqEffect.ReportPublished(21, false));
        ExpectGated([.. history, new MoqEvent.SessionAccepted(100)], new MoqEffect.Announce(100, 20), new MoqEffect.Open(100));
        ExpectGated([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.SessionAccepted(100)]);
        ExpectGated([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.DecisionTimedOut(100)]);
    }

    [Test]
    public void WithAGate_UndecidedIsRefusedInTheEndAndNeverReported()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.DecisionTimedOut(100)];
        ExpectGated(history, new MoqEffect.RefuseUndecided(100));
        ExpectGated(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new MoqEffect.ReportUndecidedClosed(100, 100), new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));
        ExpectGated([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.SessionAccepted(100)]);
        ExpectGated([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.DecisionTimedOut(100)]);
        ExpectGated([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested()], new MoqEffect.Close(100, MoqErrorCode.Cancel, "cancelled"));
        ExpectGated([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested(), new MoqEvent.SessionAccepted(100)]);
    }

    [Test]
    public void WithAGate_APeerThatThisSideDialsNeedsNoDecision()
    {
        ExpectGated(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small)],
            new MoqEffect.Establish(100, false), new MoqEffect.Open(100), new MoqEffect.CompleteWaiter(1, 100));
        ExpectGated(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 101)],
            new MoqEffect.Open(100), new MoqEffect.Join(100, 101, 100), new MoqEffect.Retire(101), new MoqEffect.CompleteWaiter(1, 100), new MoqEffect.EndDial(10));
    }

    [Test]
    public void WithAGate_APeerThatDialsAgainIsAskedAboutAgain()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.SessionAccepted(100), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101)];
        ExpectGated(history, new MoqEffect.Offer(101));
        ExpectGated([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 100));
        ExpectGated([.. history, new MoqEvent.SessionAccepted(101)], new MoqEffect.ReportSuperseded(100), new MoqEffect.Retire(100), new MoqEffect.Open(101));
    }

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Terms, history, expected);

    private static void ExpectGated(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Terms with { RequireAccept = true }, history, expected);
}
