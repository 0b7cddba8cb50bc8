using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <content>
/// Sends everything as soon as the recorded peer could have sent it, and all of that at one instant, so that streams arrive complete.
/// </content>
internal sealed partial class ReplayedPeer
{
    /// <summary>Sends everything up to the end of the session, and waits for what this side does.</summary>
    public async Task ReplayAtOnceAsync()
    {
        var events = _expectation.Session.Events.TakeWhile(static one => !one.EndsSession).ToArray();
        var left = events.Where(static one => !one.IsOurs).ToList();
        while (left.Count > 0)
        {
            if (left.Find(IsPossible) is { } next)
            {
                left.Remove(next);
                if (Scenarios.NeedsPauses(_expectation.Session))
                    await _runtime.DelayAsync(Scenarios.Pace(_expectation.Session));
                await SendAsync(next);
            }
            else if (!await TryWaitAsync(left[0], () => left.Exists(IsPossible)))
            {
                return;
            }
        }

        foreach (var one in events.Where(static one => one.IsOurs))
        {
            if (!await TryWaitAsync(one))
                return;
        }
    }

    /// <summary>
    /// Determines whether this side has done what an event of the peer depends on: what preceded it on the same stream and, for a group or
    /// a datagram, the subscription. The recorded program decided when to do the rest, which depends on all that preceded it: a subscriber
    /// requests and leaves when it has seen something, and a publisher changes its announcements and leaves at some time.
    /// </summary>
    private bool IsPossible(RecordedEvent one)
    {
        if (one.Kind == RecordedEventKind.Stop && !HasSentAll(one))
            return false;
        var before = _expectation.Session.Events.Where(before => before.IsOurs && before.Number < one.Number);
        if (one.Kind == RecordedEventKind.Datagram)
        {
            return DatagramHeader.TryRead(one.Bytes, _expectation.Session.Version, out var header, out _)
                && IsSubscribed(header.SubscribeId);
        }

        var stream = _expectation.Session.Streams.Single(stream => stream.Id == one.Stream);
        if (_expectation.Session.IsPublisher || stream.Type is "Goaway" or "Announce")
            return before.All(HasHappened);
        return before.Where(before => before.Stream == one.Stream).All(HasHappened)
            && (stream.Type != "Group" || IsSubscribed(((GroupHeader)_expectation.Find(stream.Id)!.Opening!).SubscribeId));
    }

    private bool IsSubscribed(ulong id)
    {
        if (_expectation.Streams.Find(stream => stream.Opening is Subscribe subscribe && subscribe.Id == id) is not { } stream)
            return true;
        Recognize(stream);
        return _known.ContainsKey(stream.Id);
    }
}
