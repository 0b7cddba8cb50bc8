using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Moves the first group of the subscription when the subscriber asks for an earlier or a later one.</content>
internal sealed partial class TrackPublisher
{
    // The start that the last update has asked for, that which the subscription has had before, and the first group that is sent, if the
    // subscriber has asked for it by an update.
    private AskedStart? _asked;
    private AskedStart? _applied;
    private ulong? _floor;

    /// <summary>
    /// Lets the subscription begin where the last update asks for it. A lower start adds groups: those that are kept here and were not
    /// sent, and those that arrive from another peer. Only a start that is lower than the one that the subscriber asked for before does so:
    /// a subscriber of moq-lite-06 that asks for nothing states 0 from the beginning. See moq-lite-06, "SUBSCRIBE_UPDATE".
    /// </summary>
    private void MoveStart()
    {
        var asked = Volatile.Read(ref _asked);
        if (asked is not { Group: <= TrackProducer.MaxSequence } || asked == _applied)
            return;
        var before = _floor ?? _subscribe.Terms.StartGroup ?? _first ?? _cursor.Beginning;
        var frame = SubscriptionTerms.ToIndex(asked.Frame);
        _applied = asked;
        _floor = asked.Group;
        if (asked.Group < before)
        {
            _missing.BeginEarlier(asked.Group, _first ?? _cursor.Beginning);
            _cursor.BeginEarlier(asked.Group, frame, _first ?? _cursor.Beginning, _missing.IsTold);
        }
        else if (asked.Group > before)
        {
            _missing.BeginLater(asked.Group);
            _cursor.BeginLater(asked.Group, frame);
        }
        else
        {
            _cursor.BeginAtFrame(asked.Group, frame);
        }
    }

    /// <summary>
    /// Determines with which group the subscription begins if no group will arrive up to the last one that is requested: behind that. A
    /// relay that answers only with a group would not answer at all, and its subscriber would wait until the track ends.
    /// </summary>
    /// <param name="last">The last requested group, or null if there is no limit.</param>
    private void FindStartBehind(ulong? last)
    {
        if (_first is not null || !Version.HasTrackInfo || last is not { } end || FirstOf(_cursor) is not { } first)
            return;
        if (first > end || _cursor.Gone(first, end).Sum(static gone => (decimal)(gone.Last - gone.First) + 1) > end - first)
            _first = Math.Max(first, end + 1);
    }

    private static ulong? FirstOf(TrackCursor cursor)
    {
        lock (cursor.Track.Gate)
            return cursor.IsBeginningOpen ? null : cursor.From;
    }

    private sealed record AskedStart(ulong Group, ulong Frame);
}
