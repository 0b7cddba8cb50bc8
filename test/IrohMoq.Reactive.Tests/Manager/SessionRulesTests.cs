using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

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
    public void PeersOwnConnectionComesFirst_CompletesTheWaitersAndLetsTheDialGoOn()
    {
        MoqEvent[] history = [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small)];
        Expect(
            history,
            new SessionEffect.Create(100, false), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100),
            new ReplyEffect.Complete(1, 100));
        Expect([.. history, new MoqEvent.DialFailed(10, Small)], new DialEffect.End(10));
        Expect([.. history, new MoqEvent.ConnectCanceled(1, Small)]);
    }

    [Test]
    public void BothDial_TheConnectionOfTheSmallerIdStaysAndTheOthersDialerClosesIt()
    {
        // The peer's stays: this side closes its own.
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 100),
                new MoqEvent.ConnectionArrived(101, Small),
            ],
            new SessionEffect.Join(100, 101, 101), new ConnectionEffect.Retire(100));
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.ConnectionArrived(101, Small),
                new MoqEvent.DialSucceeded(10, Small, 100),
            ],
            new SessionEffect.Join(101, 100, 101), new ConnectionEffect.Retire(100), new DialEffect.End(10));
        // This side's stays: the peer closes its own, when it knows that it has both.
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToGreat),
                new MoqEvent.DialSucceeded(10, Great, 100),
                new MoqEvent.ConnectionArrived(101, Great),
            ],
            new SessionEffect.Join(100, 101, 100));
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToGreat),
                new MoqEvent.ConnectionArrived(101, Great),
                new MoqEvent.DialSucceeded(10, Great, 100),
            ],
            new SessionEffect.Join(101, 100, 100), new DialEffect.End(10));
    }

    [Test]
    public void BothDial_TheSessionGoesOnWithoutTheConnectionThatEnds()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall),
            new MoqEvent.DialSucceeded(10, Small, 100),
            new MoqEvent.ConnectionArrived(101, Small),
        ];
        Expect([.. history, new MoqEvent.ConnectionEnded(100)], new SessionEffect.Leave(100, 100, 101), new ConnectionEffect.Forget(100));
        Expect([.. history, new MoqEvent.ConnectionEnded(101)], new SessionEffect.Leave(100, 101, 100), new ConnectionEffect.Forget(101));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectRequested(2, 11, ToSmall)],
            new ReplyEffect.Complete(2, 100));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionEnded(101)],
            new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new ConnectionEffect.Forget(101),
            new SessionEffect.Forget(100));
    }

    [Test]
    public void PeerHasTheConnectionThatIsStillBeingDialedHere_TheSessionWaitsForIt()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToGreat),
            new MoqEvent.ConnectionArrived(101, Great),
            new MoqEvent.ConnectionEnded(101, IsSuperseded: true),
        ];
        Expect(history, new SessionEffect.Park(101, 101), new ConnectionEffect.Forget(101));
        Expect([.. history, new MoqEvent.DialSucceeded(10, Great, 100)], new SessionEffect.Join(101, 100, 100), new DialEffect.End(10));
        Expect([.. history, new MoqEvent.ConnectionArrived(102, Great)], new SessionEffect.Join(101, 102, 102));
        Expect([.. history, new MoqEvent.ConnectRequested(2, 11, ToGreat)], new ReplyEffect.Complete(2, 101));
        Expect(
            [.. history, new MoqEvent.DialFailed(10, Great)],
            new SessionEffect.End(101), new NoticeEffect.SessionEnded(101), new SessionEffect.Forget(101), new DialEffect.End(10));
        Expect(
            [.. history, new MoqEvent.SessionClosing(101)],
            new SessionEffect.End(101), new NoticeEffect.SessionEnded(101), new SessionEffect.Forget(101));
        Expect(
            [.. history, new MoqEvent.ShutdownRequested()],
            new DialEffect.Cancel(10), new SessionEffect.Close(101, MoqErrorCode.Cancel, "cancelled"));
        Expect(
            [.. history, new MoqEvent.ShutdownRequested(), new MoqEvent.DialFailed(10, Great)],
            new SessionEffect.End(101), new NoticeEffect.SessionEnded(101), new SessionEffect.Forget(101), new DialEffect.End(10));
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToGreat), new MoqEvent.ConnectionArrived(101, Great), new MoqEvent.ConnectionEnded(101)],
            new SessionEffect.End(101), new NoticeEffect.SessionEnded(101), new ConnectionEffect.Forget(101),
            new SessionEffect.Forget(101));
    }

    [Test]
    public void PeerDialsWhileTheSessionIsClosing_ItIsASessionOfItsOwn()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.SessionClosing(100),
            new MoqEvent.ConnectionArrived(101, Small),
        ];
        Expect(
            history,
            new SessionEffect.Create(101, false), new SessionEffect.End(100), new NoticeEffect.SessionEnded(100),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101));
        Expect([.. history, new MoqEvent.ConnectionEnded(100)], new ConnectionEffect.Forget(100), new SessionEffect.Forget(100));
    }

    [Test]
    public void PeerDialsAgain_TheNewSessionTakesTheOldOnesPlace()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101),
        ];
        Expect(
            history,
            new SessionEffect.Create(101, false), new SessionEffect.Supersede(100), new NoticeEffect.SessionEnded(100),
            new ConnectionEffect.Retire(100), new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101));
        Expect([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 101));
        Expect(
            [.. history, new MoqEvent.BroadcastPublished(20, "x")],
            new SessionEffect.Announce(101, 20), new NoticeEffect.BroadcastPublished(20, false));
    }

    [Test]
    public void OldSessionEnds_DoesNotRemoveItsSuccessor()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small),
            new MoqEvent.ConnectionArrived(101, Small),
            new MoqEvent.StreamArrived(101),
            new MoqEvent.ConnectionEnded(100),
        ];
        Expect(history, new ConnectionEffect.Forget(100), new SessionEffect.Forget(100));
        Expect([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 101));
    }

    [Test]
    public void NewestSessionEnds_TheOneItTookThePlaceOfDoesNotComeBack() =>
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101),
                new MoqEvent.ConnectionEnded(101), new MoqEvent.ConnectRequested(1, 10, ToSmall),
            ],
            new DialEffect.Start(10, ToSmall));

    [Test]
    public void SessionEndsTwice_IsReportedOnce() =>
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectionEnded(100)]);

    [Test]
    public void LastHoldIsGivenBack_TheSessionLingersAndCloses()
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
    public void SomebodyComesBackWithinTheLinger_TheSessionStays()
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
    public void SessionThatThePeerDialed_StaysWithoutHolds()
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
    public void DialThatNobodyWaitsForAnyMore_Lingers() =>
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.ConnectionArrived(100, Small),
                new MoqEvent.ConnectionEnded(100),
                new MoqEvent.DialSucceeded(10, Small, 101),
            ],
            new SessionEffect.Create(101, true), new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101),
            new SessionEffect.StartLinger(101, 1), new DialEffect.End(10));

    [Test]
    public void WithAGate_APeerSeesNothingBeforeItIsAccepted()
    {
        MoqEvent[] history = [new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.ConnectionArrived(100, Small)];
        ExpectGated(
            history, new SessionEffect.Create(100, false), new SessionEffect.AwaitDecision(100), new NoticeEffect.SessionOffered(100));
        ExpectGated([.. history, new MoqEvent.BroadcastPublished(21, "y")], new NoticeEffect.BroadcastPublished(21, false));
        ExpectGated(
            [.. history, new MoqEvent.SessionAccepted(100)],
            new SessionEffect.Announce(100, 20), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100));
        ExpectGated([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.SessionAccepted(100)]);
        ExpectGated([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.DecisionTimedOut(100)]);
    }

    [Test]
    public void WithAGate_UndecidedIsRefusedInTheEndAndNeverReported()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.DecisionTimedOut(100)];
        ExpectGated(history, new SessionEffect.RefuseUndecided(100));
        ExpectGated(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100), new NoticeEffect.OfferEnded(100), new ConnectionEffect.Forget(100), new SessionEffect.Forget(100));
        ExpectGated([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.SessionAccepted(100)]);
        ExpectGated([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.DecisionTimedOut(100)]);
        ExpectGated(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested()],
            new SessionEffect.Close(100, MoqErrorCode.Cancel, "cancelled"));
        ExpectGated([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested(), new MoqEvent.SessionAccepted(100)]);
    }

    [Test]
    public void WithAGate_APeerThatThisSideDialsNeedsNoDecision()
    {
        ExpectGated(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small)],
            new SessionEffect.Create(100, false), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100),
            new ReplyEffect.Complete(1, 100));
        ExpectGated(
            [
                new MoqEvent.ConnectionArrived(100, Small),
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 101),
            ],
            new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100), new SessionEffect.Join(100, 101, 100),
            new ConnectionEffect.Retire(101), new ReplyEffect.Complete(1, 100), new DialEffect.End(10));
    }

    [Test]
    public void WithAGate_APeerThatDialsAgainIsAskedAboutAgain()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small),
            new MoqEvent.SessionAccepted(100),
            new MoqEvent.ConnectionArrived(101, Small),
            new MoqEvent.StreamArrived(101),
        ];
        ExpectGated(
            history, new SessionEffect.Create(101, false), new SessionEffect.AwaitDecision(101), new NoticeEffect.SessionOffered(101));
        ExpectGated([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 100));
        ExpectGated(
            [.. history, new MoqEvent.SessionAccepted(101)],
            new SessionEffect.Supersede(100), new NoticeEffect.SessionEnded(100), new ConnectionEffect.Retire(100),
            new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101));
    }

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);

    private static void ExpectGated(MoqEvent[] history, params MoqEffect[] expected) =>
        Rules.Expect(Rules.Config with { RequireAccept = true }, history, expected);
}
