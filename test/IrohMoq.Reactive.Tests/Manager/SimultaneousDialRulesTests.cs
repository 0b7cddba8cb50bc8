using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// The rules of two connections to one peer as a table: which of them carries the session, and which session replaces which.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class SimultaneousDialRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointId Great = Peers.Id(9);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);
    private static readonly EndpointAddr ToGreat = Peers.Addr(9);

    [Test]
    public void PeersOwnConnectionComesFirst_CompletesTheCallersAndTheDialContinues()
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
        // The connection of the peer stays: this side closes its own.
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
        // The connection of this side stays: the peer closes its own when it has both.
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
    public void BothDial_TheSessionContinuesWithoutTheConnectionThatEnds()
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
            new DialEffect.Cancel(10), new SessionEffect.ShutDown(101, MoqErrorCode.Cancel, "cancelled"));
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
    public void PeerDialsAgain_TheNewSessionReplacesTheOldOne()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101),
        ];
        Expect(
            history,
            new SessionEffect.Create(101, false), new SessionEffect.Supersede(100, 101), new NoticeEffect.SessionEnded(100),
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
    public void NewestSessionEnds_TheSessionThatItReplacedDoesNotReturn() =>
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.StreamArrived(101),
                new MoqEvent.ConnectionEnded(101), new MoqEvent.ConnectRequested(1, 10, ToSmall),
            ],
            new DialEffect.Start(10, ToSmall));

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);
}
