using System.Collections.Immutable;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// Checks what callers and peers may rely on, from the effects alone: which callers wait, which sessions are reported as open, and what
/// is announced to each. It does not use the rules of the reducer.
/// </summary>
internal sealed class ReducerModel
{
    private readonly Dictionary<long, PeerKey> _waiting = [];
    private readonly SortedDictionary<long, PeerKey> _here = [];
    private readonly HashSet<long> _told = [];
    private readonly Dictionary<long, SortedSet<long>> _announced = [];
    private readonly SortedDictionary<BroadcastPath, long> _live = [];
    private readonly HashSet<long> _dialing = [];
    private readonly HashSet<long> _refused = [];
    private bool _isShutDown;

    public void Observe(MoqState before, MoqEvent happened, MoqState after, ImmutableArray<MoqEffect> effects)
    {
        Happen(happened);
        foreach (var effect in effects)
            Check(effect, after);
        if (happened is MoqEvent.ConnectionEnded e && before.Candidates.ContainsKey(e.Connection))
            Assert.That(
                effects,
                Is.EqualTo(new[] { new ConnectionEffect.Forget(e.Connection) }),
                "a candidate that ends is not reported");
        Assert.That(_here.Values, Is.Unique, "one session with a peer is reported as open at a time");
        Assert.That(_dialing, Has.Count.GreaterThanOrEqualTo(after.Dials.Count));
        foreach (var session in _here.Keys.Where(session => after.Sessions[session].Stage == SessionStage.Open))
            Assert.That(
                _announced[session],
                Is.EquivalentTo(_isShutDown ? Array.Empty<long>() : [.. _live.Values]),
                $"what session {session} sees");
        Consistent(after);
        if (after.IsOver)
            Assert.That((_here.Count, _waiting.Count), Is.EqualTo((0, 0)), "over with nothing left");
    }

    public void ExpectNothingLeft(MoqState state)
    {
        Assert.That(state.IsOver, Is.True);
        Assert.That((_waiting.Count, _here.Count, _dialing.Count), Is.EqualTo((0, 0, 0)), "a caller, a session or a dial was forgotten");
        Assert.That(
            (state.Connections.Count, state.Candidates.Count, state.Sessions.Count),
            Is.EqualTo((0, 0, 0)));
        Assert.That((state.Peers.Count, state.Dials.Count, state.Broadcasts.Count), Is.EqualTo((0, 0, 0)));
    }

    private void Happen(MoqEvent happened)
    {
        switch (happened)
        {
            case MoqEvent.ConnectRequested e:
                _waiting.Add(e.Caller, e.Remote.Id);
                break;
            case MoqEvent.ConnectCanceled e:
                _waiting.Remove(e.Caller);
                break;
            case MoqEvent.DialSucceeded e:
                _dialing.Remove(e.Dial);
                break;
            case MoqEvent.DialFailed e:
                _dialing.Remove(e.Dial);
                break;
            case MoqEvent.BroadcastPublished e when !_isShutDown:
                _live[e.Name] = e.Broadcast;
                break;
            case MoqEvent.BroadcastEnded e when _live.GetValueOrDefault(e.Name) == e.Broadcast:
                _live.Remove(e.Name);
                break;
            case MoqEvent.ShutdownRequested or MoqEvent.EndpointEnded:
                _isShutDown = true;
                foreach (var announced in _announced.Values)
                    announced.Clear();
                break;
        }
    }

    private void Check(MoqEffect effect, MoqState after)
    {
        switch (effect)
        {
            case DialEffect.Start e:
                Assert.That(_dialing.Add(e.Dial), Is.True);
                break;
            case DialEffect.Repeat e:
                Assert.That(_dialing.Add(e.Dial), Is.True);
                break;
            case ReplyEffect.Complete e:
                Assert.That(after.IsLeaving(after.Sessions[e.Session]), Is.False, "a caller gets a session that stays");
                ExpectSessionFor(e.Caller, e.Session);
                break;
            case ReplyEffect.Fail e:
                Assert.That(_waiting.Remove(e.Caller), Is.True, "a caller is answered once");
                break;
            case ReplyEffect.Refuse e:
                Assert.That(_waiting.Remove(e.Caller), Is.True, "a caller is answered once");
                break;
            case SessionEffect.Create e:
                _announced.Add(e.Session, []);
                break;
            case SessionEffect.Announce e:
                _announced[e.Session].RemoveWhere(old => after.Broadcasts.All(live => live.Value != old));
                _announced[e.Session].Add(e.Broadcast);
                break;
            case SessionEffect.Withdraw e:
                _announced[e.Session].Remove(e.Broadcast);
                break;
            case NoticeEffect.SessionOpened e:
                Assert.That(_told.Add(e.Session), Is.True, "an opening is reported once");
                _here.Add(e.Session, after.Sessions[e.Session].Peer);
                break;
            case ConnectionEffect.AwaitStream e:
                var candidate = after.Candidates[e.Connection];
                Assert.That(
                    _here.ContainsValue(candidate)
                        || after.Sessions.Values.Any(one => one.Stage == SessionStage.Undecided && one.Peer == candidate),
                    Is.True,
                    "only a second connection of a peer that has a session is a candidate");
                break;
            case NoticeEffect.PeerGoingAway e:
                Assert.That(_here.ContainsKey(e.Session), Is.True, "what happens to a session is reported between its opening and its end");
                break;
            case NoticeEffect.SessionEnded e:
                Assert.That(_here.Remove(e.Session), Is.True, "a closing comes once, and after its opening");
                break;
            case NoticeEffect.OfferEnded e:
                Assert.That(_told, Does.Not.Contain(e.Session), "a session that never opened is not reported as ended");
                break;
            case ConnectionEffect.Refuse e:
                Assert.That(_refused.Add(e.Connection), Is.True);
                Assert.That(
                    (after.Connections.ContainsKey(e.Connection), after.Candidates.ContainsKey(e.Connection)), Is.EqualTo((false, false)));
                break;
        }
    }

    private void ExpectSessionFor(long waiter, long session)
    {
        Assert.That(_here.ContainsKey(session), Is.True, "a caller gets a session that has been reported");
        // A caller that has stopped waiting is no longer known.
        if (_waiting.Remove(waiter, out var peer))
            Assert.That(_here[session], Is.EqualTo(peer));
    }

    /// <summary>Checks that the tables of the state agree.</summary>
    public static void Consistent(MoqState state)
    {
        foreach (var (number, connection) in state.Connections)
        {
            Assert.That(state.Sessions[connection.Session].Connections, Does.Contain(number));
            Assert.That(state.Peers[connection.Peer].Connections, Does.Contain(number));
        }

        Assert.That(state.Sessions.Values.Sum(static session => session.Connections.Count), Is.EqualTo(state.Connections.Count));
        Assert.That(state.Peers.Values.Sum(static peer => peer.Connections.Count), Is.EqualTo(state.Connections.Count));
        foreach (var (id, peer) in state.Peers)
        {
            if (peer.Session is { } current)
                Assert.That((state.Sessions[current].Peer, state.Sessions[current].Stage), Is.EqualTo((id, SessionStage.Open)));
        }

        Assert.That(state.Connections.Count + state.Candidates.Count + state.Dials.Count, Is.LessThanOrEqualTo(state.Config.Connections));
    }
}
