using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Decides how long a remote track waits for groups whose stream broke off: another connection, or another source, may resend them. This
/// type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="subscriptions">The subscriptions of the track.</param>
/// <param name="sources">The sources between which the track moves.</param>
/// <param name="arriving">The groups that were received partially.</param>
/// <param name="lost">The groups that are lost.</param>
/// <param name="changed">The signal to set when a group is lost.</param>
/// <param name="over">The token that is canceled when the track has ended.</param>
internal sealed class BrokenGroups(
    TrackState track,
    TrackSubscriptions subscriptions,
    TrackSources sources,
    ArrivingGroups arriving,
    LostGroups lost,
    Signal changed,
    CancellationToken over)
{
    /// <summary>
    /// Keeps a group whose stream broke off, if another stream may resend it. If so, the caller must not use the group afterwards.
    /// </summary>
    /// <param name="from">The subscription of the stream.</param>
    /// <param name="broken">The group.</param>
    /// <returns>False if no other stream will resend the group.</returns>
    public bool TryKeep(Subscription from, BrokenGroup broken)
    {
        var sequence = broken.Group.Sequence;
        var isMoving = from != subscriptions.Current || (from.Connection.Host is not null && (broken.IsLost || !from.Connection.IsOpen));
        var mayMove = !isMoving && sources.MayResend(broken);
        if ((!isMoving && !mayMove) || !broken.Group.IsOpen || !arriving.TryKeep(broken))
            return false;
        if (mayMove)
            from.Connection.Watch(ExpireUnlessLeftAsync(from, sequence));
        // The track may have moved again meanwhile.
        else if (subscriptions.Current is var now && now != from)
            AwaitFrom(now);
        return true;
    }

    /// <summary>
    /// Aborts the kept groups that the given subscription will not deliver: those before its beginning immediately, and, unless every group
    /// is wanted, those that have not arrived after some time.
    /// </summary>
    public void AwaitFrom(Subscription current)
    {
        if (current.Start is > 0 and var start && arriving.BrokenBetween(0, start - 1).Length > 0)
        {
            lost.OnGap();
            arriving.GiveUp(0, start - 1);
            changed.Set();
        }

        if (!lost.IsEverythingWanted(current.WantsAll) && arriving.BrokenBetween(0, ulong.MaxValue) is { Length: > 0 } broken)
            current.Connection.Watch(ExpireAsync(current.LateGroups, broken));
    }

    private async Task ExpireAsync(TimeSpan time, ulong[] broken)
    {
        try
        {
            await track.Runtime.DelayAsync(time, over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        foreach (var sequence in broken)
            arriving.GiveUp(sequence, sequence);
    }

    /// <summary>Aborts a group that was reset, unless its source is left in time.</summary>
    private async Task ExpireUnlessLeftAsync(Subscription from, ulong sequence)
    {
        try
        {
            await track.Runtime.DelayAsync(from.LateGroups, over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // What is left over after the move is aborted there. A subscription that was reset ends soon, and is left then.
        if (from == subscriptions.Current && from is { IsReset: false, End: null } && sources.ReasonToLeave(from) == Departure.None)
            arriving.GiveUp(sequence, sequence);
    }
}
