using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// One subscription of this side, for all local readers of the track: asks the publisher, takes its groups in, tells it what the readers want, and unsubscribes when the last reader has gone. When the publisher ends it, groups may
/// still be on their way; when the session ends, what had arrived is delivered first. See moq-lite, "Subscribe".
/// </summary>
internal sealed class TrackSubscriber
{
    private static readonly TimeSpan LongestLateGroups = TimeSpan.FromSeconds(2);

    private readonly Session _session;
    private readonly BroadcastPath _path;
    private readonly BroadcastProducer _broadcast;
    private readonly TrackProducer _track;
    private readonly ReceiveFlow _flow;
    private readonly Signal _groupsChanged;
    private DeliveryTerms _asked;
    private TimeSpan _lateGroups;
    private long _lastGroup;
    private bool _unsubscribed;
    private bool _isEnding;

    public TrackSubscriber(Session session, BroadcastPath path, BroadcastProducer broadcast, TrackProducer track)
    {
        _session = session;
        _path = path;
        _broadcast = broadcast;
        _track = track;
        _groupsChanged = new Signal(session.Turns);
        _lateGroups = session.Limits.LateGroups;
        _flow = session.Limits.Flow(track, session.Received, session.Turns);
    }

    public async Task RunAsync()
    {
        var id = _session.Subscriptions.Add(this);
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
                Fail(id, code, $"The publisher {(code == MoqErrorCode.NotFound ? "does not have" : "ended")} track '{_track.Name}' of '{_path}', with code {code}.", isRemote: true);
        }
        catch (MoqException failure)
        {
            Fail(id, failure.Code, failure.Message, failure.IsRemote);
        }
        catch (TransportClosedException)
        {
            await FailWithSessionAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _session.Log.StreamFailed(_session.RemoteName, fault);
            Fail(id, MoqErrorCode.Transport, $"Reading track '{_track.Name}' of '{_path}' failed: {fault.Message}", isRemote: false);
        }
        finally
        {
            _flow.End();
            _broadcast.Remove(_track);
            _session.Subscriptions.Remove(id);
            _track.Dispose();
        }
    }

    /// <summary>A group of the subscription has begun to arrive.</summary>
    /// <returns>False if nobody wants it any more.</returns>
    public bool TryBegin(LinkedListNode<GroupSubscriber> group)
    {
        _flow.Add(group);
        if (!Volatile.Read(ref _unsubscribed))
            return true;
        OnGroupEnded(group);
        return false;
    }

    public void OnGroupEnded(LinkedListNode<GroupSubscriber> group)
    {
        _flow.Remove(group);
        Volatile.Write(ref _lastGroup, _session.Turns.GetTimestamp());
        _groupsChanged.Set();
    }

    public GroupProducer CreateGroup(ulong sequence) => _track.CreateGroup(sequence);

    private async ValueTask SubscribeAsync(ulong id)
    {
        var asked = _session.Turns.GetTimestamp();
        var stream = await OpenAsync().ConfigureAwait(false);
        lock (_track.Gate)
            _asked = SubscriptionTerms.Of(_track.CombinedOptions() ?? SubscribeOptions.Default, isFirst: true);
        await stream.Send.WriteOpeningAsync(new Subscribe(id, _path, _track.Name, _asked), _session.Version).ConfigureAwait(false);
        _session.Log.Subscribed(_session.RemoteName, _path, _track.Name, id);

        using var ended = new CancellationTokenSource();
        var watching = UnsubscribeWhenUnreadAsync(stream, ended.Token);
        var telling = Task.CompletedTask;
        try
        {
            using var reader = new MessageReader(stream.Receive, _session.Version);
            if (await ReadAnswerAsync(reader).ConfigureAwait(false) is { } ok)
            {
                _lateGroups = Late(_session.Turns.GetElapsedTime(asked));
                if (TakeAnswer(ok.Terms))
                    telling = TellAsync(stream.Send, ended.Token);
            }

            while (await reader.ReadSubscribeResponseAsync().ConfigureAwait(false) is { } response)
            {
                if (response.Drop is { } drop)
                    GiveUp(drop);
            }

            if (Volatile.Read(ref _unsubscribed))
                return;
            Volatile.Write(ref _isEnding, true);
            _flow.Changed.Set();
            await WaitForLateGroupsAsync().ConfigureAwait(false);
            FinishTrack();
            // The publisher waits for this: it says that the readers have everything.
            await _track.WaitForNoSubscriberAsync().ConfigureAwait(false);
            if (_track.ReaderTotals.Completed > 0)
                stream.Send.Finish();
            else
                stream.Send.Reset(MoqErrorCode.SlowReader);
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
            await telling.ConfigureAwait(false);
        }
    }

    private async ValueTask<BidiStream> OpenAsync()
    {
        using var limit = _session.Turns.Limit(_session.Limits.SubscribeAnswer);
        try
        {
            return await _session.Connection.OpenBidiAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"The peer allows no further bidirectional stream, of which each subscription takes one: track '{_track.Name}' of '{_path}' was not subscribed to within {_session.Limits.SubscribeAnswer}. End other readings, or raise the peer's limit (MaxIncomingBidiStreams).");
        }
    }

    private async ValueTask<SubscribeOk?> ReadAnswerAsync(MessageReader reader)
    {
        using var limit = _session.Turns.Limit(_session.Limits.SubscribeAnswer);
        try
        {
            var response = await reader.ReadSubscribeResponseAsync(limit.Token).ConfigureAwait(false);
            return response?.Ok
                ?? throw new MoqStreamException(MoqErrorCode.ProtocolViolation, $"The publisher ended the subscription to '{_track.Name}' of '{_path}' without accepting it.", isRemote: true);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(MoqErrorCode.Timeout, $"The publisher did not answer the subscription to '{_track.Name}' of '{_path}' within {_session.Limits.SubscribeAnswer}. Read the track again to ask once more.");
        }
    }

    /// <summary>Takes over what the publisher says of its track.</summary>
    /// <returns>True if the publisher is known to take SUBSCRIBE_UPDATE: old Rust peers end the subscription when they receive one.</returns>
    private bool TakeAnswer(DeliveryTerms terms)
    {
        var says = SubscriptionTerms.Says(terms, _asked);
        lock (_track.Gate)
        {
            if (says && terms.StartGroup is { } start)
                _track.BeginAt(start);
            if (!says)
                return false;
            _track.IsWhole = terms.MaxLatency >= SubscriptionTerms.Everything;
            if (!_track.IsWhole)
                _track.Cache.MaxAge = TimeSpan.FromMilliseconds(terms.MaxLatency);
        }

        return true;
    }

    private void GiveUp(SubscribeDrop drop)
    {
        if (drop.EndGroup < drop.StartGroup || drop.EndGroup > TrackProducer.MaxSequence)
            throw new MoqProtocolException(MoqErrorCode.ProtocolViolation, $"The publisher says that groups {drop.StartGroup} to {drop.EndGroup} will not come, which is no range.");
        _track.GiveUp(drop.StartGroup, drop.EndGroup);
    }

    /// <summary>Tells the publisher what the readers want when that changes, where it is held back, and from time to time that they read on.</summary>
    private async Task TellAsync(ISendStream stream, CancellationToken ended)
    {
        var read = 0L;
        try
        {
            while (true)
            {
                using (var limit = _session.Turns.Limit(NeedsSignsOfLife ? _session.Limits.SignOfLife : Timeout.InfiniteTimeSpan, ended))
                {
                    try
                    {
                        await _flow.Changed.WaitAsync(limit.Token).ConfigureAwait(false);
                    }
                    catch (OperationCanceledException) when (limit.IsExpired)
                    {
                        // Time to say that they read on.
                    }
                }

                DeliveryTerms terms;
                bool isAlive;
                lock (_track.Gate)
                {
                    if (_track.CombinedOptions() is not { } options)
                        continue;
                    terms = SubscriptionTerms.Of(options, isFirst: false) with { StartGroup = _asked.StartGroup, EndGroup = _flow.EndGroup };
                    // Whoever waits for readers that are behind must know that they are not dead.
                    var now = _track.Readers.Foremost?.Progress ?? read;
                    isAlive = now != read && _track.ForemostUnread > 0;
                    read = now;
                }

                if (terms == _asked && !isAlive)
                    continue;
                _asked = terms;
                // Not cancelled half-way, which would reset the stream that says how the subscription ends.
                await stream.WriteAsync(new SubscribeUpdate(terms), _session.Version, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The subscription is over.
        }
        catch (IOException)
        {
            // However the publisher ends its side: the end of the subscription is told by what it writes.
        }
    }

    /// <summary>True while the publisher waits for readers that it cannot see.</summary>
    private bool NeedsSignsOfLife
    {
        get
        {
            lock (_track.Gate)
                return _flow.IsPaused || _track.IsWhole || Volatile.Read(ref _isEnding);
        }
    }

    private void FinishTrack()
    {
        long missing;
        lock (_track.Gate)
            missing = _track.IsWhole ? _track.MissingAtEnd : 0;
        if (missing > 0)
        {
            throw new MoqStreamException(
                MoqErrorCode.Evicted, $"{missing} groups of the lossless track '{_track.Name}' of '{_path}' did not come. Subscribe again from the first that is missing, while the publisher keeps it.");
        }

        _track.Finish();
    }

    /// <summary>What the answer took says how far the publisher is away: so long, and a lost packet or two, a group may be under way.</summary>
    private TimeSpan Late(TimeSpan answer)
    {
        var late = 3 * answer;
        return late < _session.Limits.LateGroups ? _session.Limits.LateGroups : late > LongestLateGroups ? LongestLateGroups : late;
    }

    /// <summary>Some publishers end a subscription right after queueing its last group: waits until no group is under way and none has come for a moment.</summary>
    private async ValueTask WaitForLateGroupsAsync()
    {
        var from = _session.Turns.GetTimestamp();
        while (true)
        {
            await WaitForGroupsAsync().ConfigureAwait(false);
            if (_session.Connection.Closed.IsCompleted)
            {
                await _session.StreamsDrained.ConfigureAwait(false);
                await WaitForGroupsAsync().ConfigureAwait(false);
                return;
            }

            var quiet = _session.Turns.GetElapsedTime(Math.Max(from, Volatile.Read(ref _lastGroup)));
            if (quiet >= _lateGroups)
                return;
            await _session.Turns.DelayAsync(_lateGroups - quiet).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitForGroupsAsync()
    {
        while (_flow.Count > 0)
            await _groupsChanged.WaitAsync().ConfigureAwait(false);
    }

    private async Task UnsubscribeWhenUnreadAsync(BidiStream stream, CancellationToken ended)
    {
        try
        {
            do
                await _track.WaitForNoSubscriberAsync(ended).ConfigureAwait(false);
            while (!_broadcast.TryRemoveUnread(_track));
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Volatile.Write(ref _unsubscribed, true);
        _track.Abort(MoqErrorCode.Cancel);
        stream.Send.Finish();
        stream.Receive.Stop(MoqErrorCode.Cancel);
        _flow.StopAll(MoqErrorCode.Cancel);
    }

    /// <summary>True if the session is over, or will be in a moment.</summary>
    private async ValueTask<bool> EndsSoonAsync()
    {
        try
        {
            await _session.Turns.DelayAsync(_session.Limits.LateGroups, _session.Over).ConfigureAwait(false);
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
        await _session.StreamsDrained.ConfigureAwait(false);
        await WaitForGroupsAsync().ConfigureAwait(false);
        var end = await _session.Connection.Closed.ConfigureAwait(false);
        _track.Fail(Session.ClosedException(end).Code, () => Session.ClosedException(end));
    }

    private void Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        _session.Log.SubscriptionFailed(_session.RemoteName, id, code, message);
        _track.Fail(code, () => new MoqStreamException(code, message, isRemote));
    }
}
