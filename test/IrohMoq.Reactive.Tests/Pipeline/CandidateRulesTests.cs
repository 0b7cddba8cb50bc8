using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The rules of a connection whose peer has a session already: it takes no other one's place before the peer shows that it means it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CandidateRulesTests
{
    private static readonly EndpointId Small = Peers.Id(1);
    private static readonly EndpointAddr ToSmall = Peers.Addr(1);

    private static readonly MoqEvent[] Candidate = [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.ConnectionArrived(101, Small)];

    [Test]
    public void PeerThatHasASessionDialsAgain_NothingChangesYet()
    {
        Expect(Candidate, new MoqEffect.AwaitStream(101));
        Expect([.. Candidate, new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 100));
        Expect([.. Candidate, new MoqEvent.BroadcastPublished(20, "x")], new MoqEffect.Announce(100, 20), new MoqEffect.ReportPublished(20, false));
        Expect([.. Candidate, new MoqEvent.ConnectionArrived(102, Small)], new MoqEffect.AwaitStream(102));
    }

    [Test]
    public void ItsFirstStreamArrives_ItTakesTheOldOnesPlace()
    {
        Expect(
            [.. Candidate, new MoqEvent.StreamArrived(101)],
            new MoqEffect.Establish(101, false), new MoqEffect.ReportSuperseded(100), new MoqEffect.Retire(100), new MoqEffect.Open(101));
        Expect([.. Candidate, new MoqEvent.StreamArrived(101), new MoqEvent.StreamArrived(101)]);
        Expect([.. Candidate, new MoqEvent.StreamArrived(101), new MoqEvent.CandidateTimedOut(101)]);
    }

    [Test]
    public void ItEndsFirst_NobodyIsToldAndTheSessionStays()
    {
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101)], new MoqEffect.ForgetConnection(101));
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.ConnectRequested(1, 10, ToSmall)], new MoqEffect.OfferSession(1, 10, ToSmall, 100));
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.StreamArrived(101)]);
        Expect([.. Candidate, new MoqEvent.ConnectionEnded(101), new MoqEvent.CandidateTimedOut(101)]);
    }

    [Test]
    public void ItStaysSilent_IsClosed() =>
        Expect([.. Candidate, new MoqEvent.CandidateTimedOut(101)], new MoqEffect.Refuse(101, MoqErrorCode.Cancel, "another connection of this peer is in use"));

    [Test]
    public void OldOneIsOverMeanwhile_TheSilentOneIsAllThatThePeerHas()
    {
        MoqEvent[] history = [.. Candidate, new MoqEvent.ConnectionEnded(100)];
        Expect(history, new MoqEffect.ReportClosed(100, 100), new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100));
        Expect([.. history, new MoqEvent.StreamArrived(101)], new MoqEffect.Establish(101, false), new MoqEffect.Open(101));
        Expect([.. history, new MoqEvent.CandidateTimedOut(101)], new MoqEffect.Establish(101, false), new MoqEffect.Open(101));
    }

    [Test]
    public void OldOneIsKnownToBeClosed_NothingIsWaitedFor() =>
        Expect(
            [new MoqEvent.ConnectionArrived(100, Small), new MoqEvent.OfferFailed(1, 10, ToSmall, 100), new MoqEvent.ConnectionArrived(101, Small)],
            new MoqEffect.Establish(101, false), new MoqEffect.ReportClosed(100, 100), new MoqEffect.Open(101), new MoqEffect.CompleteWaiter(1, 101));

    [Test]
    public void ThisSideHasDialedMeanwhile_ItJoins() =>
        Expect(
            [
                .. Candidate, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 102),
                new MoqEvent.StreamArrived(101),
            ],
            new MoqEffect.Join(102, 101, 101), new MoqEffect.Retire(102));

    [Test]
    public void BothHaveDialed_AnotherConnectionOfThePeerIsACandidate() =>
        Expect(
            [new MoqEvent.ConnectRequested(1, 10, ToSmall), new MoqEvent.DialSucceeded(10, Small, 100), new MoqEvent.ConnectionArrived(101, Small), new MoqEvent.ConnectionArrived(102, Small)],
            new MoqEffect.AwaitStream(102));

    [Test]
    public void WithAGate_OnePeerIsOfferedOnce()
    {
        ExpectGated(Candidate, new MoqEffect.AwaitStream(101));
        ExpectGated([.. Candidate, new MoqEvent.StreamArrived(101)], new MoqEffect.Offer(101));
        ExpectGated([.. Candidate, new MoqEvent.SessionAccepted(100), new MoqEvent.ConnectionEnded(101)], new MoqEffect.ForgetConnection(101));
    }

    [Test]
    public void Shutdown_RefusesIt()
    {
        MoqEvent[] history = [.. Candidate, new MoqEvent.ShutdownRequested()];
        Expect(history, new MoqEffect.Close(100, MoqErrorCode.Cancel, "cancelled"), new MoqEffect.Refuse(101, MoqErrorCode.Cancel, "cancelled"));
        Expect([.. history, new MoqEvent.StreamArrived(101)]);
        Expect([.. history, new MoqEvent.ConnectionEnded(101)]);
        Expect(
            [.. history, new MoqEvent.ConnectionEnded(100)],
            new MoqEffect.ReportClosed(100, 100), new MoqEffect.ForgetConnection(100), new MoqEffect.ForgetSession(100), new MoqEffect.Finish());
    }

    [Test]
    public void ItCountsAsAConnection()
    {
        var terms = Rules.Terms with { ConnectionsPerPeer = 2 };
        Rules.Expect(terms, [.. Candidate, new MoqEvent.ConnectionArrived(102, Small)], new MoqEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
        Rules.Expect(Rules.Terms with { Connections = 2 }, [.. Candidate, new MoqEvent.ConnectionArrived(102, Peers.Id(3))], new MoqEffect.Refuse(102, MoqErrorCode.BoundsExceeded, "too many sessions"));
    }

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Terms, history, expected);

    private static void ExpectGated(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Terms with { RequireAccept = true }, history, expected);
}
