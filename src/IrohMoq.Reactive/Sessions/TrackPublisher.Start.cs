namespace IrohMoq.Reactive.Sessions;

/// <content>Moves the first group of the subscription when the subscriber asks for an earlier or a later one.</content>
internal sealed partial class TrackPublisher
{
    private const ulong Unasked = ulong.MaxValue;

    // The first group that the last update has asked for; and the first one that is sent, if the subscriber has asked for it.
    private ulong _asked = Unasked;
    private ulong? _floor;

    /// <summary>
    /// Lets the subscription begin where the last update asks for it. A lower start adds groups: those that are kept here and were not
    /// sent, and those that arrive from another peer. Only a start that is lower than the one that the subscriber asked for before does so:
    /// a subscriber of moq-lite-06 that asks for nothing states 0 from the beginning. See moq-lite-06, "SUBSCRIBE_UPDATE".
    /// </summary>
    private void MoveStart()
    {
        var asked = Volatile.Read(ref _asked);
        if (asked is Unasked or > TrackProducer.MaxSequence || asked == _floor)
            return;
        var before = _floor ?? _subscribe.Terms.StartGroup ?? _first ?? _cursor.Beginning;
        _floor = asked;
        if (asked < before)
        {
            _missing.BeginEarlier(asked, _first ?? _cursor.Beginning);
            _cursor.BeginEarlier(asked, _first ?? _cursor.Beginning, _missing.IsTold);
        }
        else if (asked > before)
        {
            _missing.BeginLater(asked);
            _cursor.BeginLater(asked);
        }
    }
}
