using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// One subscription of this side, for all local readers of the track: asks the publisher, takes its groups in, and unsubscribes when the last reader has gone. When the publisher ends it, groups may
/// still be on their way; when the session ends, what had arrived is delivered first. See moq-lite, "Subscribe".
/// </summary>
internal sealed class TrackSubscriber(Session session, BroadcastPath path, BroadcastProducer broadcast, TrackProducer track)
{
    private readonly Lock _gate = new();
    private readonly List<IReceiveStream> _groups = [];
    private readonly Signal _changed = new(session.Turns);
    private long _lastGroup;
    private bool _unsubscribed;

    public async Task RunAsync()
    {
        var id = session.Subscriptions.Add(this);
        try
        {
            await SubscribeAsync(id).ConfigureAwait(false);
        }
        catch (TransportStreamException failure)
        {
            var code = failure.ProtocolCode();
            // A publisher that goes drops its tracks on the way: that is the session's end, and not the track's. Any other code is about the track.
            if ((code == MoqErrorCode.Cancel || code == MoqErrorCode.Dropped) && await EndsSoonAsync().ConfigureAwait(false))
                await FailWithSessionAsync().ConfigureAwait(false);
            else
                Fail(id, code, $"The publisher {(code == MoqErrorCode.NotFound ? "does not have" : "ended")} track '{track.Name}' of '{path}', with code {code}.", isRemote: true);
        }
        catch (MoqException failure)
        {
            Fail(id, failure.Code, failure.Message, failure.IsRemote);
        }
        catch (TransportClosedException)
        {
            await FailWithSessionAsync().ConfigureAwait(false);
        }
        finally
        {
            broadcast.Remove(track);
            session.Subscriptions.Remove(id);
            track.Dispose();
        }
    }

    public void OnGroupBegun(IReceiveStream stream)
    {
        bool stop;
        lock (_gate)
        {
            _groups.Add(stream);
            stop = _unsubscribed;
        }

        if (stop)
            stream.Stop(MoqErrorCode.Cancel);
    }

    public void OnGroupEnded(IReceiveStream stream)
    {
        lock (_gate)
        {
            _groups.Remove(stream);
            _lastGroup = session.Turns.GetTimestamp();
        }

        _changed.Set();
    }

    /// <summary>Waits until the local readers have made room for another group.</summary>
    public ValueTask WaitForGroupRoomAsync() => track.WaitForGroupRoomAsync(CancellationToken.None);

    public GroupProducer CreateGroup(ulong sequence) => track.CreateGroup(sequence);

    private async ValueTask SubscribeAsync(ulong id)
    {
        var stream = await session.Connection.OpenBidiAsync().ConfigureAwait(false);
        // Oldest first: whoever reads in order need not wait for what was overtaken.
        var subscribe = new Subscribe(id, path, track.Name, new DeliveryTerms(track.Options.Priority, Ordered: true));
        await stream.Send.WriteOpeningAsync(subscribe, session.Version).ConfigureAwait(false);
        session.Log.Subscribed(session.RemoteName, path, track.Name, id);

        using var ended = new CancellationTokenSource();
        var watching = UnsubscribeWhenUnreadAsync(stream, ended.Token);
        try
        {
            using var reader = new MessageReader(stream.Receive, session.Version);
            await ReadResponsesAsync(reader).ConfigureAwait(false);
            if (Volatile.Read(ref _unsubscribed))
                return;
            await WaitForLateGroupsAsync().ConfigureAwait(false);
            track.Finish();
            // The publisher waits for this: it says that the readers have everything.
            await track.WaitForNoSubscriberAsync().ConfigureAwait(false);
            stream.Send.Finish();
        }
        catch (TransportStreamException) when (Volatile.Read(ref _unsubscribed))
        {
            // Our own doing.
        }
        catch
        {
            stream.Refuse(MoqErrorCode.Cancel);
            throw;
        }
        finally
        {
            ended.Cancel();
            await watching.ConfigureAwait(false);
        }
    }

    private async ValueTask ReadResponsesAsync(MessageReader reader)
    {
        var first = true;
        while (true)
        {
            SubscribeResponse? response;
            using (var limit = session.Turns.Limit(first ? session.Limits.SubscribeAnswer : Timeout.InfiniteTimeSpan))
            {
                try
                {
                    response = await reader.ReadSubscribeResponseAsync(limit.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    throw new MoqStreamException(MoqErrorCode.Timeout, $"The publisher did not answer the subscription to '{track.Name}' of '{path}' within {session.Limits.SubscribeAnswer}. Read the track again to ask once more.");
                }
            }

            if (first && response?.Ok is null)
                throw new MoqStreamException(MoqErrorCode.ProtocolViolation, $"The publisher ended the subscription to '{track.Name}' of '{path}' without accepting it.", isRemote: true);
            if (response is null)
                return;
            first = false;
        }
    }

    /// <summary>Some publishers end a subscription right after queueing its last group: waits until no group is under way and none has come for a moment.</summary>
    private async ValueTask WaitForLateGroupsAsync()
    {
        var from = session.Turns.GetTimestamp();
        while (true)
        {
            await WaitForGroupsAsync().ConfigureAwait(false);
            if (session.Connection.Closed.IsCompleted)
            {
                await session.StreamsDrained.ConfigureAwait(false);
                await WaitForGroupsAsync().ConfigureAwait(false);
                return;
            }

            long last;
            lock (_gate)
                last = Math.Max(from, _lastGroup);
            var quiet = session.Turns.GetElapsedTime(last);
            if (quiet >= session.Limits.LateGroups)
                return;
            await session.Turns.DelayAsync(session.Limits.LateGroups - quiet).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitForGroupsAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_groups.Count == 0)
                    return;
            }

            await _changed.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task UnsubscribeWhenUnreadAsync(BidiStream stream, CancellationToken ended)
    {
        try
        {
            do
                await track.WaitForNoSubscriberAsync(ended).ConfigureAwait(false);
            while (!broadcast.TryRemoveUnread(track));
        }
        catch (OperationCanceledException)
        {
            return;
        }

        IReceiveStream[] groups;
        lock (_gate)
        {
            _unsubscribed = true;
            groups = [.. _groups];
        }

        track.Abort(MoqErrorCode.Cancel);
        stream.Send.Finish();
        stream.Receive.Stop(MoqErrorCode.Cancel);
        foreach (var group in groups)
            group.Stop(MoqErrorCode.Cancel);
    }

    /// <summary>True if the session is over, or will be in a moment.</summary>
    private async ValueTask<bool> EndsSoonAsync()
    {
        try
        {
            await session.Turns.DelayAsync(session.Limits.LateGroups, session.Over).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>What had arrived is delivered first.</summary>
    private async ValueTask FailWithSessionAsync()
    {
        await session.StreamsDrained.ConfigureAwait(false);
        await WaitForGroupsAsync().ConfigureAwait(false);
        var end = await session.Connection.Closed.ConfigureAwait(false);
        track.Fail(Session.ClosedException(end).Code, () => Session.ClosedException(end));
    }

    private void Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        session.Log.SubscriptionFailed(session.RemoteName, id, code, message);
        track.Fail(code, () => new MoqStreamException(code, message, isRemote));
    }
}
