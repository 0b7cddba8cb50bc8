using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Begins the groups of the subscription, and tells the subscriber where it begins, what is missing and where it ends.</content>
internal sealed partial class TrackPublisher
{
    private const int MaxBegunAtOnce = 64;

    private async ValueTask SendGroupsAsync()
    {
        while (true)
        {
            // The number of groups per pass is limited, because a writer that is faster than any path would keep this loop busy, so
            // that no dropped group would be reported.
            var most = MaxBegunAtOnce;
            ulong? last = null;
            MoveStart();
            await TellStartAsync().ConfigureAwait(false);
            while (most-- > 0 && _window.MayBegin(out last) && _cursor.TryNext(out var group, last))
            {
                if (_isStartSent)
                    Begin(group);
                else
                    await BeginFirstAsync(group).ConfigureAwait(false);
            }

            FindStartBehind(last);
            await TellStartAsync().ConfigureAwait(false);
            var isOver = _cursor.IsOver(out var failure);
            if (failure is not null)
            {
                if (failure.Code == MoqErrorCode.SlowReader)
                    MoqTelemetry.ReadersCut.AddRemote(1);
                throw failure;
            }

            CountResets();
            if (isOver)
                _missing.OnEnd();
            else
                _missing.Check();
            while (_missing.TryTake(out var drop))
                await _stream.Send.WriteAsync(ToWire(drop), Version, _cancel.Token).ConfigureAwait(false);
            if (isOver && Version.HasTrackInfo && !_isEndSent)
            {
                _isEndSent = true;
                await _stream.Send.WriteAsync(new SubscribeEnd(EndOf(_cursor.Track)), Version).ConfigureAwait(false);
            }

            if (isOver && _window.IsEmpty)
                return;
            if (most >= 0)
                await WaitForChangeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tells the subscriber with which group the subscription begins, once that is known. This precedes the groups: a subscriber that moves
    /// to this connection takes none before, and their data could use up the credit of the connection.
    /// </summary>
    private ValueTask TellStartAsync()
    {
        if (_isStartSent || !Version.HasTrackInfo || _first is not { } first)
            return default;
        _isStartSent = true;
        return AcceptAsync(new DeliveryTerms(StartGroup: first));
    }

    private async ValueTask BeginFirstAsync(GroupConsumer group)
    {
        _first ??= group.Sequence;
        try
        {
            await TellStartAsync().ConfigureAwait(false);
        }
        catch
        {
            group.Dispose();
            throw;
        }

        Begin(group);
    }

    private async ValueTask WaitForChangeAsync()
    {
        if (!_window.HasDroppedInQueue)
        {
            await _cursor.ChangedAsync(_cancel.Token).ConfigureAwait(false);
            return;
        }

        // Groups that the cache has dropped are in the queues of their streams. They are reset after some time.
        using (var limit = Connection.Runtime.Limit(Connection.Limits.DroppedInQueue, _cancel.Token))
        {
            try
            {
                await _cursor.ChangedAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (limit.IsExpired)
            {
                // The groups are checked below.
            }
        }

        _window.ResetLate();
    }

    /// <summary>
    /// Returns the group with which a subscription begins in moq-lite-06, where it follows from the maximum age: the oldest group that has
    /// not expired; or null for the newest one.
    /// </summary>
    private static ulong? StartOf(TrackState? track, DeliveryTerms terms) => (terms.StartGroup ?? 0, terms.MaxLatency) switch
    {
        (0, SubscriptionTerms.Everything) => null,
        (var floor, >= SubscriptionTerms.Everything) => floor,
        var (floor, age) => Math.Max(floor, track?.FirstYoungerThan(SubscriptionTerms.ToTime(age)) ?? 0),
    };

    private SubscribeDrop ToWire(SubscribeDrop drop) =>
        drop with { ErrorCode = WireCodes.ToWire(Version, CodeSpace.Stream, new MoqErrorCode((uint)drop.ErrorCode)) };

    /// <summary>Returns the number of the first group that will not exist.</summary>
    private static ulong EndOf(TrackState track)
    {
        lock (track.Gate)
            return track.Sequences.Highest is { } highest ? highest + 1 : 0;
    }

    private void Begin(GroupConsumer group)
    {
        // From moq-lite-05 on, no group may be sent that is older than the first one that the subscriber is told.
        _first ??= group.Sequence;
        if (Version.HasTrackInfo && group.Sequence < Math.Min(_first.Value, _floor ?? ulong.MaxValue))
        {
            group.Dispose();
            return;
        }

        MoqTelemetry.GroupsSkipped.AddRemote(group.Skipped);
        _missing.OnBegun(group.Sequence);
        if (DatagramPublisher.TrySend(Connection, Id, group, out var isDropped))
        {
            if (isDropped)
                _missing.OnDropped(group.Sequence, MoqErrorCode.DeliveryTimeout);
            MoqTelemetry.DatagramsDropped.AddRemote(isDropped ? 1 : 0);
            group.Dispose();
            return;
        }

        var publisher = new GroupPublisher(this, group);
        _window.Begin(publisher);
        publisher.Watch();
        Connection.Sending.Add(_window);
    }
}
