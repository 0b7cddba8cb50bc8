namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Determines which groups a remote track waits for when its publisher has ended the subscription, and how long. This type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="arriving">The groups that were received partially.</param>
internal sealed class AwaitedGroups(TrackProducer track, ArrivingGroups arriving)
{
    private readonly TrackState _state = track.State;

    private bool IsAnyBroken => arriving.BrokenBetween(0, ulong.MaxValue).Length > 0;

    /// <summary>Determines whether every group of a range that the readers want has arrived, or will not arrive.</summary>
    /// <param name="start">The first group.</param>
    /// <param name="end">The group after the last one.</param>
    public bool HaveCome(ulong start, ulong end)
    {
        if (IsAnyBroken)
            return false;
        lock (_state.Gate)
            return start >= end || start > LastWanted(end) || _state.Sequences.IsSettled(start, LastWanted(end));
    }

    /// <summary>
    /// Returns the time for which missing groups are waited for after the publisher has ended the subscription: until they would have
    /// expired, at most 10 s. The time for which they have been missing counts. The publisher of a lossless track ends the subscription
    /// when all groups have arrived.
    /// </summary>
    /// <param name="late">The time that a group stream may take to arrive, which is the minimum.</param>
    /// <param name="start">The first group.</param>
    /// <param name="end">The group after the last one.</param>
    public TimeSpan Patience(TimeSpan late, ulong start, ulong end)
    {
        var isAnyBroken = IsAnyBroken;
        lock (_state.Gate)
        {
            if (_state.IsWhole || start >= end)
                return late;
            var patience = _state.PatienceFor(track.CombinedOptions()?.AcceptedLatency);
            if (!isAnyBroken)
                patience -= _state.Sequences.MissingFor(start, LastWanted(end));
            return patience < late ? late : patience;
        }
    }

    /// <summary>
    /// Gives up the groups behind the last one that has come and before the end of the track: they are not waited for any more, and nobody
    /// reports a datagram that is lost.
    /// </summary>
    /// <param name="start">The first group of the subscription, or null if the publisher has not told it.</param>
    /// <param name="end">The group after the last one.</param>
    public void GiveUpTail(ulong? start, ulong end)
    {
        lock (_state.Gate)
        {
            if (end == 0 || (_state.Sequences.Highest + 1 ?? start) is not { } first)
                return;
            var last = Math.Min(LastWanted(end), TrackProducer.MaxSequence);
            if (first <= last)
                _state.GiveUp(first, last);
        }
    }

    /// <summary>Returns the last group before an end that the readers want. The caller must hold the lock of the track.</summary>
    private ulong LastWanted(ulong end) => track.CombinedOptions()?.End is { } wanted && wanted < end ? wanted : end - 1;
}
