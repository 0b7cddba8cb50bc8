using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Follows the arrival of groups before the first one of a subscription, which a later reader has requested. The publisher does not tell
/// with which of them it begins, so the reader waits until none has arrived for some time. This type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="over">The token that is canceled when the track has ended.</param>
internal sealed class EarlierArrivals(TrackState track, CancellationToken over)
{
    private bool _isWatching;

    /// <summary>Gets a value indicating whether groups before the first one of the subscription were requested.</summary>
    public bool AreRequested
    {
        get
        {
            lock (track.Gate)
                return track.Received is { LiveFrom: not null };
        }
    }

    /// <summary>Gets the first of the earlier groups that may still arrive, or null if there is none.</summary>
    public ulong? FirstWanted
    {
        get
        {
            lock (track.Gate)
                return track.Received is { IsExtending: true, Earliest: { } earliest } ? track.Sequences.FirstOpen(earliest) : null;
        }
    }

    /// <summary>Records that an update was sent, which may have requested earlier groups.</summary>
    public void OnUpdated(DeliveryTerms before, DeliveryTerms after)
    {
        if (after.StartGroup >= before.StartGroup || after.StartGroup is null)
            return;
        lock (track.Gate)
        {
            if (track.Received is { LiveFrom: { } live })
                track.Sequences.ExtendBelow(live);
        }
    }

    /// <summary>Begins to wait for earlier groups, if a reader has requested some.</summary>
    public void Watch(Subscription current)
    {
        lock (track.Gate)
        {
            if (_isWatching || track.Received is not { IsExtending: true })
                return;
            _isWatching = true;
        }

        current.Connection.Watch(WaitAsync(current));
    }

    private async Task WaitAsync(Subscription current)
    {
        try
        {
            while (true)
            {
                TimeSpan left;
                lock (track.Gate)
                {
                    left = current.LateGroups - track.Sequences.SinceExtended;
                    if (left <= TimeSpan.Zero)
                    {
                        _isWatching = false;
                        track.EndExtending();
                        return;
                    }
                }

                await track.Runtime.DelayAsync(left, over).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The track has ended, which ends every wait of its readers.
        }
    }
}
