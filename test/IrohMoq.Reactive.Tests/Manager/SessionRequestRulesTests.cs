using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>The rules for callers that request a session at a path or in a role, as a table.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SessionRequestRulesTests
{
    private static readonly EndpointId Great = Peers.Id(9);
    private static readonly EndpointAddr ToGreat = Peers.Addr(9);
    private static readonly SessionRequest Room = new("/room");
    private static readonly SessionRequest Hall = new("/hall");

    [Test]
    public void DialAndSession_ServeTheSameRequestAndCallersWithoutOne()
    {
        MoqEvent[] dialed = [new MoqEvent.ConnectRequested(1, 10, ToGreat, Room)];
        Expect(dialed, new DialEffect.Start(10, ToGreat, Room));
        Expect([.. dialed, new MoqEvent.ConnectRequested(2, 11, ToGreat)], new DialEffect.Extend(10, ToGreat));
        Expect([.. dialed, new MoqEvent.ConnectRequested(2, 11, ToGreat, new("/room"))], new DialEffect.Extend(10, ToGreat));
        Expect([.. dialed, new MoqEvent.ConnectRequested(2, 11, ToGreat, Hall)], Other(2));
        Expect([.. dialed, new MoqEvent.ConnectRequested(2, 11, ToGreat, SessionRequest.Default)], Other(2));

        MoqEvent[] open = [.. dialed, new MoqEvent.DialSucceeded(10, Great, 100)];
        Expect([.. open, new MoqEvent.ConnectRequested(2, 11, ToGreat)], new ReplyEffect.Complete(2, 100));
        Expect([.. open, new MoqEvent.ConnectRequested(2, 11, ToGreat, new("/room"))], new ReplyEffect.Complete(2, 100));
        Expect([.. open, new MoqEvent.ConnectRequested(2, 11, ToGreat, Hall)], Other(2));
        Expect(
            [.. open, new MoqEvent.ConnectionEnded(100), new MoqEvent.ConnectRequested(2, 11, ToGreat, Hall)],
            new DialEffect.Start(11, ToGreat, Hall));
    }

    [Test]
    public void SessionThatOnlyThePeerHasDialed_ServesTheDefaultOne()
    {
        MoqEvent[] open = [new MoqEvent.ConnectionArrived(100, Great)];
        Expect([.. open, new MoqEvent.ConnectRequested(1, 10, ToGreat, SessionRequest.Default)], new ReplyEffect.Complete(1, 100));
        Expect([.. open, new MoqEvent.ConnectRequested(1, 10, ToGreat, Room)], Other(1));
    }

    [Test]
    public void CallerWithARequest_WaitsForItsDial_WhenThePeerDials()
    {
        MoqEvent[] history = [new MoqEvent.ConnectRequested(1, 10, ToGreat, Room), new MoqEvent.ConnectionArrived(100, Great)];
        Expect(history, new SessionEffect.Create(100, false), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100));
        Expect(
            [.. history, new MoqEvent.DialSucceeded(10, Great, 101)],
            new SessionEffect.Join(100, 101, 101), new ReplyEffect.Complete(1, 100), new DialEffect.End(10));
        Expect([.. history, new MoqEvent.DialFailed(10, Great)], new ReplyEffect.Fail(1, 10), new DialEffect.End(10));
        Expect(
            [.. history, new MoqEvent.DialSucceeded(10, Great, 101), new MoqEvent.ConnectRequested(2, 11, ToGreat, Room)],
            new ReplyEffect.Complete(2, 100));
    }

    [Test]
    public void DialThatReplacesAConnection_ServesTheRequestOfTheSession()
    {
        MoqEvent[] left =
        [
            new MoqEvent.ConnectRequested(1, 10, ToGreat, Room),
            new MoqEvent.DialSucceeded(10, Great, 100),
            new MoqEvent.PeerGoingAway(100, 11),
        ];
        Expect([.. left, new MoqEvent.ConnectRequested(2, 12, ToGreat, Room)], new DialEffect.Extend(11, ToGreat));
        Expect([.. left, new MoqEvent.ConnectRequested(2, 12, ToGreat, Hall)], Other(2));
    }

    private static ReplyEffect.Refuse Other(long caller) => new(caller, CallerRefusal.OtherRequest);

    private static void Expect(MoqEvent[] history, params MoqEffect[] expected) => Rules.Expect(Rules.Config, history, expected);
}
