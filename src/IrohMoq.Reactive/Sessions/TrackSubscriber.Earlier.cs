using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>
/// Follows the arrival of groups before the first one of the subscription, which a later reader has requested. The publisher does not tell
/// with which of them it begins, so the reader waits until none has arrived for some time.
/// </content>
internal sealed partial class TrackSubscriber
{
    private bool _isWatchingEarlier;

    /// <summary>Gets a value indicating whether groups before the first one of the subscription were requested.</summary>
    public bool IsExtended
    {
        get
        {
            lock (_state.Gate)
                return _state.Received is { LiveFrom: not null };
        }
    }

    /// <summary>Records that an update was sent, which may have requested earlier groups.</summary>
    public void OnUpdated(DeliveryTerms before, DeliveryTerms after)
    {
        if (after.StartGroup >= before.StartGroup || after.StartGroup is null)
            return;
        lock (_state.Gate)
        {
            if (_state.Received is { LiveFrom: { } live })
                _state.Sequences.ExtendBelow(live);
        }
    }

    /// <summary>Begins to wait for earlier groups, if a reader has requested some.</summary>
    private void WatchEarlier(Subscription current)
    {
        lock (_state.Gate)
        {
            if (_isWatchingEarlier || _state.Received is not { IsExtending: true })
                return;
            _isWatchingEarlier = true;
        }

        current.Connection.Watch(WaitForEarlierAsync(current));
    }

    private async Task WaitForEarlierAsync(Subscription current)
    {
        try
        {
            while (true)
            {
                TimeSpan left;
                lock (_state.Gate)
                {
                    left = current.LateGroups - _state.Sequences.SinceExtended;
                    if (left <= TimeSpan.Zero)
                    {
                        _isWatchingEarlier = false;
                        _state.EndExtending();
                        return;
                    }
                }

                await _runtime.DelayAsync(left, _over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The track has ended, which ends every wait of its readers.
        }
    }

    /// <summary>Returns the first of the earlier groups that may still arrive, or null if there is none.</summary>
    private ulong? FirstEarlierWanted()
    {
        lock (_state.Gate)
        {
            return _state.Received is { IsExtending: true, Earliest: { } earliest } ? _state.Sequences.FirstOpen(earliest) : null;
        }
    }
}
