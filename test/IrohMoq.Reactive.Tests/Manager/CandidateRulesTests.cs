using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// The rules of a connection of a peer that has a session already, as a table: it replaces no other connection before the peer opens a
/// stream on it.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class CandidateRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);

    private static readonly MoqEvent[] Candidate = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small)];

    [Test]
    public void PeerThatHasASessionDialsAgain_NothingChangesYet()
    {
        Expect(Candidate, new ConnectionEffect.AwaitStream(101));
        Expect([.. Candidate, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new ReplyEffect.Complete(1, 100));
        Expect(
            [.. Candidate, new MoqEvent.BroadcastPublished(20, "x")],
            new SessionEffect.Announce(100, 20),
            new NoticeEffect.BroadcastPublished(20, false));
        Expect([.. Candidate, new MoqEvent.ConnectionArrived(102, Small)], new ConnectionEffect.AwaitStream(102));
    }

    [Test]
    public void ItsFirstStreamArrives_ItTakesTheOldOnesPlace()
    {
        Expect(
            [.. Candidate, new MoqEvent.StreamArrived(101)],
            new SessionEffect.Create(101, false),
            new SessionEffect.Supersede(100, 101),
            new NoticeEffect.SessionEnded(100),
            new ConnectionEffect.Retire(100),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101));
        Expect([.. Candidate, new MoqEvent.StreamArrived(101), new MoqEvent.StreamArrived(101)]);
        Expect([.. Candidate, new MoqEvent.StreamArrived(101), new MoqEvent.CandidateTimedOut(101)]);
    }

    [Test]
    public void CandidateEndsFirst_NothingIsReportedAndTheSessionStays()
    {
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101)], new ConnectionEffect.Forget(101));
        Expect(
            [.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.ConnectRequested(1, 10, ToSmall)],
            new ReplyEffect.Complete(1, 100));
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.StreamArrived(101)]);
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.CandidateTimedOut(101)]);
    }

    [Test]
    public void ItStaysSilent_IsClosed() =>
        Expect(
            [.. Candidate, new MoqEvent.CandidateTimedOut(101)],
            new ConnectionEffect.Refuse(101, MoqErrorCode.Cancel, "another connection of this peer is in use"));

    [Test]
    public void OldOneIsOverMeanwhile_TheSilentOneIsAllThatThePeerHas()
    {
        MoqEvent[] history = [.. Candidate, new MoqEvent.ConnectionEnded(100)];
        Expect(
            history,
            new SessionEffect.End(100),
            new NoticeEffect.SessionEnded(100),
            new ConnectionEffect.Forget(100),
            new SessionEffect.Forget(100));
        Expect(
            [.. history, new MoqEvent.StreamArrived(101)],
            new SessionEffect.Create(101, false),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101));
        Expect(
            [.. history, new MoqEvent.CandidateTimedOut(101)],
            new SessionEffect.Create(101, false),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101));
    }

    [Test]
    public void OldSessionIsClosing_NothingIsWaitedFor() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.SessionClosing(100), new MoqEvent.ConnectionArrived(101, Small)],
            new SessionEffect.Create(101, false),
            new SessionEffect.End(100),
            new NoticeEffect.SessionEnded(100),
            new SessionEffect.Open(101),
            new NoticeEffect.SessionOpened(101));

    [Test]
    public void ThisSideHasDialedMeanwhile_ItJoins() =>
        Expect(
            [
                .. Candidate,
                new MoqEvent.ConnectionEnded(100),
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 102),
                new MoqEvent.StreamArrived(101),
            ],
            new SessionEffect.Join(102, 101, 101), new ConnectionEffect.Retire(102));

    [Test]
    public void BothHaveDialed_AnotherConnectionOfThePeerIsACandidate() =>
        Expect(
            [
                new MoqEvent.ConnectRequested(1, 10, ToSmall),
                new MoqEvent.DialSucceeded(10, Small, 100),
                new MoqEvent.ConnectionArrived(101, Small),
                new MoqEvent.ConnectionArrived(102, Small),
            ],
            new ConnectionEffect.AwaitStream(102));

    [Test]
    public void RequireAccept_OnePeerIsOfferedOnce()
    {
        ExpectGated(Candidate, new ConnectionEffect.AwaitStream(101));
        ExpectGated(
            [.. Candidate, new MoqEvent.StreamArrived(101)],
            new SessionEffect.Create(101, false),
            new SessionEffect.AwaitDecision(101),
            new NoticeEffect.SessionOffered(101));
        ExpectGated([.. Candidate, new MoqEvent.SessionAccepted(100), new MoqEvent.ConnectionEnded(101)], new ConnectionEffect.Forget(101));
    }

    [Test]
    public void Shutdown_RefusesIt()
    {
        MoqEvent[] history = [.. Candidate, new MoqEvent.ShutdownRequested()];
        Expect(
            history,
            new SessionEffect.ShutDown(100, MoqErrorCode.Cancel, "cancelled"),
            new ConnectionEffect.Refuse(101, MoqErrorCode.Cancel, "cancelled"));
        Expect([.. history, new MoqEvent.StreamArrived(101)]);
        Expect([.. history, new MoqEvent.ConnectionEnded(101)]);
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new SessionEffect.End(100),
            new NoticeEffect.SessionEnded(100),
            new ConnectionEffect.Forget(100),
            new SessionEffect.Forget(100));
    }

    [Test]
    public void ItCountsAsAConnection()
    {
        var terms = Rules.Config with { ConnectionsPerPeer = 2 };
        Rules.Expect(
            terms,
            [.. Candidate, new MoqEvent.ConnectionArrived(102, Small)],
            new ConnectionEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Rules.Expect(
            Rules.Config with { Connections = 2 },
            [.. Candidate, new MoqEvent.ConnectionArrived(102, Peers.Id(3))],
            new ConnectionEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
    }

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);

    private static void ExpectGated(MoqEvent[] history, params MoqEffect[] expected) =>
        Rules.Expect(Rules.Config with { RequireAccept = true }, history, expected);
}
