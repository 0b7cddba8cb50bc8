using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// The rules of <see cref="MoqOptions.RequireAccept"/> as a table: what a peer sees before and after the application decides.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class AcceptRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);

    [Test]
    public void Peer_SeesNothingBeforeItIsAccepted()
    {
        MoqEvent[] history = [new MoqEvent.BroadcastPublished(20, "x"), new MoqEvent.ConnectionArrived(100, Small)];
        Expect(
            history, new SessionEffect.Create(100, false), new SessionEffect.AwaitDecision(100), new NoticeEffect.SessionOffered(100));
        Expect([.. history, new MoqEvent.BroadcastPublished(21, "y")], new NoticeEffect.BroadcastPublished(21, false));
        Expect(
            [.. history, new MoqEvent.SessionAccepted(100)],
            new SessionEffect.Announce(100, 20), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100));
        Expect([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.SessionAccepted(100)]);
        Expect([.. history, new MoqEvent.SessionAccepted(100), new MoqEvent.DecisionTimedOut(100)]);
    }

    [Test]
    public void UndecidedPeer_IsRefusedAtTheTimeoutAndIsNotReported()
    {
        MoqEvent[] history = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.DecisionTimedOut(100)];
        Expect(history, new SessionEffect.RefuseUndecided(100));
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100), new NoticeEffect.OfferEnded(100), new ConnectionEffect.Forget(100), new SessionEffect.Forget(100));
        Expect([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.SessionAccepted(100)]);
        Expect([.. history, new MoqEvent.ConnectionEnded(100), new MoqEvent.DecisionTimedOut(100)]);
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested()],
            new SessionEffect.ShutDown(100, MoqErrorCode.Cancel, "cancelled"));
        Expect([new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ShutdownRequested(), new MoqEvent.SessionAccepted(100)]);
    }

    [Test]
    public void PeerThatThisSideDials_NeedsNoDecision()
    {
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.ConnectionArrived(100, Small)],
            new SessionEffect.Create(100, false), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100),
            new ReplyEffect.Complete(1, 100));
        Expect(
            [
                new MoqEvent.ConnectionArrived(100, Small),
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 101),
            ],
            new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100), new SessionEffect.Join(100, 101, 100),
            new ConnectionEffect.Retire(101), new ReplyEffect.Complete(1, 100), new DialEffect.End(10));
    }

    [Test]
    public void PeerThatDialsAgain_NeedsAnotherDecision()
    {
        MoqEvent[] history =
        [
            new MoqEvent.ConnectionArrived(100, Small),
            new MoqEvent.SessionAccepted(100),
            new MoqEvent.ConnectionArrived(101, Small),
            new MoqEvent.StreamArrived(101),
        ];
        Expect(
            history, new SessionEffect.Create(101, false), new SessionEffect.AwaitDecision(101), new NoticeEffect.SessionOffered(101));
        Expect([.. history, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 100));
        Expect(
            [.. history, new MoqEvent.SessionAccepted(101)],
            new SessionEffect.Supersede(100, 101), new NoticeEffect.SessionEnded(100), new ConnectionEffect.Retire(100),
            new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101));
    }

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) =>
        Rules.Expect(Rules.Config with { RequireAccept = true }, history, expected);
}
