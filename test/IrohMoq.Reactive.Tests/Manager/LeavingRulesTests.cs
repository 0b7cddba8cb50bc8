using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>The rules of GOAWAY as a table: who dials again, which connection carries the session, and which session callers get.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class LeavingRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);

    /// <summary>This side has dialed, and the peer asks it to leave.</summary>
    private static MoqEvent[] Asked =>
    [
        new MoqEvent.ConnectRequested(1, 10, ToSmall),
        new MoqEvent.DialSucceeded(10, Small, 100),
        new MoqEvent.PeerGoingAway(100, 11, ""),
    ];

    /// <summary>The peer has dialed, and this side asks it to leave.</summary>
    private static MoqEvent[] Asking => [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.SessionGoingAway(100)];

    [Test]
    public void PeerAsks_TheSideThatDialedDialsAgain_AndTheOldConnectionIsDrained()
    {
        Expect(Asked, new DialEffect.Repeat(11, 100), new NoticeEffect.PeerGoingAway(100, "", IsMoving: true));
        Expect([.. Asked, new MoqEvent.PeerGoingAway(100, 12)]);
        Expect(
            [.. Asked, new MoqEvent.DialSucceeded(11, Small, 101)],
            new SessionEffect.Join(100, 101, 101), new ConnectionEffect.Drain(100, HasSuccessor: true), new DialEffect.End(11));
        Expect(
            [.. Asked, new MoqEvent.DialSucceeded(11, Small, 101), new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.Leave(100, 100, 101), new ConnectionEffect.Forget(100));
    }

    [Test]
    public void CallersDuringTheMove_WaitForTheDial()
    {
        MoqEvent[] history = [.. Asked, new MoqEvent.ConnectRequested(2, 12, ToSmall)];
        Expect(history, new DialEffect.Extend(11, ToSmall));
        Expect([.. history, new MoqEvent.ConnectCanceled(2, Small)]);
        Expect(
            [.. history, new MoqEvent.DialSucceeded(11, Small, 101)],
            new SessionEffect.Join(100, 101, 101), new ConnectionEffect.Drain(100, HasSuccessor: true), new ReplyEffect.Complete(2, 100),
            new DialEffect.End(11));
        Expect(
            [.. history, new MoqEvent.DialFailed(11, Small)],
            new ReplyEffect.Fail(2, 11), new ConnectionEffect.Drain(100, HasSuccessor: false), new DialEffect.End(11));
    }

    [Test]
    public void OldConnectionEndsFirst_TheSessionIsParked()
    {
        MoqEvent[] history = [.. Asked, new MoqEvent.ConnectionEnded(100)];
        Expect(history, new SessionEffect.Park(100, 100), new ConnectionEffect.Forget(100));
        Expect([.. history, new MoqEvent.ConnectRequested(2, 12, ToSmall)], new DialEffect.Extend(11, ToSmall));
        Expect(
            [.. history, new MoqEvent.DialSucceeded(11, Small, 101)], new SessionEffect.Join(100, 101, 101), new DialEffect.End(11));
        Expect(
            [.. history, new MoqEvent.DialFailed(11, Small)],
            new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new SessionEffect.Forget(100), new DialEffect.End(11));
    }

    [Test]
    public void MoveFails_TheSessionIsDrained()
    {
        Expect([.. Asked, new MoqEvent.DialFailed(11, Small)], new ConnectionEffect.Drain(100, false), new DialEffect.End(11));
        Expect(
            [.. Asked, new MoqEvent.DialSucceeded(11, Small, 101), new MoqEvent.ConnectionEnded(101)],
            new SessionEffect.Leave(100, 101, 100), new ConnectionEffect.Forget(101), new ConnectionEffect.Drain(100, false));
        Expect(
            [.. Asked[..^1], new MoqEvent.PeerGoingAway(100, 11, "https://example.com/", MayMove: false)],
            new ConnectionEffect.Drain(100, HasSuccessor: false),
            new NoticeEffect.PeerGoingAway(100, "https://example.com/", IsMoving: false));
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.PeerGoingAway(100, 11)],
            new ConnectionEffect.Drain(100, HasSuccessor: false), new NoticeEffect.PeerGoingAway(100, "", IsMoving: false));
    }

    [Test]
    public void AnotherConnectionCarriesTheSession_ItIsPreferredAtOnce() =>
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100),
                new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.PeerGoingAway(101, 11),
            ],
            new SessionEffect.Prefer(100, 100), new ConnectionEffect.Drain(101, HasSuccessor: true),
            new NoticeEffect.PeerGoingAway(100, "", IsMoving: true));

    [Test]
    public void SessionIsClosedDuringTheMove_TheDialIsCanceled()
    {
        Expect([.. Asked, new MoqEvent.SessionClosing(100)], new DialEffect.Cancel(11));
        Expect(
            [.. Asked, new MoqEvent.SessionClosing(100), new MoqEvent.DialSucceeded(11, Small, 101)],
            new ConnectionEffect.Refuse(101, MoqErrorCode.Cancel, "cancelled"), new DialEffect.End(11));
        Expect(
            [.. Asked, new MoqEvent.ConnectRequested(2, 12, ToSmall), new MoqEvent.SessionClosing(100)]);
        Expect(
            [.. Asked, new MoqEvent.ConnectionEnded(100), new MoqEvent.SessionClosing(100)],
            new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new SessionEffect.Forget(100), new DialEffect.Cancel(11));
    }

    [Test]
    public void ThisSideAsks_TheConnectionThatThePeerDialsJoinsTheSession()
    {
        Expect(Asking);
        Expect([.. Asking, new MoqEvent.ConnectionArrived(101, Small)], new SessionEffect.Join(100, 101, 101));
        Expect([.. Asking, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new DialEffect.Start(10, ToSmall));
        Expect(
            [.. Asking, new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 101)],
            new SessionEffect.Join(100, 101, 101), new ReplyEffect.Complete(1, 100), new DialEffect.End(10));
        Expect(
            [
                .. Asking,
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.ConnectionEnded(100),
                new MoqEvent.ConnectCanceled(1, Small),
            ],
            new DialEffect.Cancel(10), new SessionEffect.End(100), new NoticeEffect.SessionEnded(100), new SessionEffect.Forget(100));
    }

    [Test]
    public void BothAsk_NobodyDials() =>
        Expect(
            [.. Asked[..^1], new MoqEvent.SessionGoingAway(100), new MoqEvent.PeerGoingAway(100, 11)],
            new ConnectionEffect.Drain(100, HasSuccessor: false), new NoticeEffect.PeerGoingAway(100, "", IsMoving: false));

    [Test]
    public void PeerThatHasSaidGoodbyeDialsAgain_ItIsANewSession() =>
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.PeerGoingAway(100, 11), new MoqEvent.ConnectionArrived(101, Small),
            ],
            new ConnectionEffect.AwaitStream(101));

    [Test]
    public void Shutdown_AsksEveryPeer() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested()],
            new SessionEffect.ShutDown(100, MoqErrorCode.Cancel, "cancelled"));

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);
}
