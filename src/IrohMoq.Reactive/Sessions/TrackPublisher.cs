using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves one subscription of the peer: a cursor over the track, a stream for each group, and the end of the track only after every group is acknowledged, because a
/// JavaScript subscriber drops what is still on its way when it sees the end. See moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing, and a group that ends late may still cancel it; its link to the session's end is what goes.
internal sealed class TrackPublisher
#pragma warning restore CA1001
{
    // What is not told is seen as missing by its number, only later.
    private const int MostDrops = 256;
    private const int MostBegunAtOnce = 64;

    private readonly BidiStream _stream;
    private readonly MessageReader _reader;
    private readonly Subscribe _subscribe;
    private readonly Lock _gate = new();
    // In the order in which they were begun: those that have a stream, and those that wait for one.
    private readonly LinkedList<GroupPublisher> _inFlight = [];
    private readonly LinkedList<GroupPublisher> _waiting = [];
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenRegistration _overCancels;
    private readonly Signal _lifeSign;
    private readonly List<SubscribeDrop> _drops = [];
    // Old peers misread SUBSCRIBE_DROP. One that asks for everything in this way takes it.
    private readonly bool _takesDrops;
    private DeliveryTerms _terms;
    private TrackCursor? _cursor;
    private ulong? _expected;
    private ulong? _firstBegun;
    private ulong? _highestBegun;
    private bool _isToldWindow;
    private MoqStreamException? _failure;
    private long _bytesInFlight;
    private long _begun;
    private int _inWriting;
    private int _droppedInQueue;
    private long _lookedAt;
    private bool _peerHasEnded;
    private bool _isOver;
    private long _resets;

    public TrackPublisher(MoqConnection connection, BidiStream stream, MessageReader reader, Subscribe subscribe, CancellationToken over)
    {
        Connection = connection;
        _stream = stream;
        _reader = reader;
        _subscribe = subscribe;
        _terms = subscribe.Terms;
        _takesDrops = _terms.MaxLatency == SubscriptionTerms.NoLimit;
        _lifeSign = new Signal(connection.Runtime);
        _overCancels = over.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _cancel);
    }

    public MoqConnection Connection { get; }

    public ulong Id => _subscribe.Id;

    /// <summary>What the subscriber asks for, and for equals what the publisher says. See moq-lite, "Priority".</summary>
    public ushort Priority
    {
        get
        {
            lock (_gate)
                return (ushort)((_terms.Priority << 8) | (_cursor?.Track.Options.Priority ?? 0));
        }
    }

    /// <summary>True while it is among those that wait for a stream. Under the queue's lock.</summary>
    public bool IsQueued { get; set; }

    /// <summary>True while a group waits for a stream.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    public async ValueTask RunAsync()
    {
        try
        {
            // An unknown broadcast or track is refused at once: there is no other answer, and silence would make the peer wait.
            var broadcast = Connection.Local.Find(_subscribe.Broadcast)
                ?? throw new MoqStreamException(MoqErrorCode.NotFound, $"The peer asked for '{_subscribe.Broadcast}', which is not published to it.", isRemote: true);
            using var cursor = broadcast.Track(_subscribe.Track).OpenCursor(SubscriptionTerms.ToOptions(_terms), isForPeer: true);
            _cursor = cursor;
            using var served = Connection.Served.Add(cursor.Track);
            // With nothing there yet, the next group is where it begins; what goes before it can be sent is told by SUBSCRIBE_DROP.
            _expected = cursor.Beginning;
            Connection.Log.PeerSubscribed(Connection.RemoteName, _subscribe.Broadcast, _subscribe.Track, Id);
            await _stream.Send.WriteAsync(new SubscribeOk(SubscriptionTerms.Answer(cursor.Track.Options, _terms.Priority, cursor.First)), Connection.Version).ConfigureAwait(false);
            await ServeAsync(cursor, served).ConfigureAwait(false);
        }
        finally
        {
            _overCancels.Unregister();
        }
    }

    /// <summary>A stream for one of the groups that wait: the one that the subscriber wants first.</summary>
    /// <returns>False if none waits any more.</returns>
    public bool TrySend(ISendStream stream)
    {
        GroupPublisher group;
        lock (_gate)
        {
            if ((_terms.Ordered ? _waiting.First : _waiting.Last) is not { } next)
                return false;
            group = next.Value;
            _waiting.Remove(next);
            _inFlight.AddLast(next);
            (stream as IScheduledStream)?.Schedule(Order(group));
        }

        group.Send(stream);
        return true;
    }

    /// <summary>The connection gives no more streams, because it is over.</summary>
    public void GiveUpWaiting()
    {
        while (true)
        {
            GroupPublisher group;
            lock (_gate)
            {
                if (_waiting.First is not { } next)
                    return;
                group = next.Value;
            }

            group.Reset(MoqErrorCode.Cancel);
        }
    }

    /// <summary>A group takes itself out of those that wait for a stream.</summary>
    /// <returns>False if it has got one meanwhile.</returns>
    public bool TryLeave(LinkedListNode<GroupPublisher> group)
    {
        lock (_gate)
        {
            if (group.List != _waiting)
                return false;
            _waiting.Remove(group);
            OnLeft(group.Value);
        }

        _cursor?.Wake();
        return true;
    }

    /// <summary>The group has handed so many more bytes to its stream.</summary>
    public void OnHanded(long bytes) => Interlocked.Add(ref _bytesInFlight, bytes);

    /// <summary>The group has handed everything to its stream.</summary>
    public void OnWritten()
    {
        Interlocked.Decrement(ref _inWriting);
        if (_cursor is { IsLossless: true } cursor)
            cursor.Wake();
    }

    public void OnDone(LinkedListNode<GroupPublisher> group)
    {
        lock (_gate)
        {
            _inFlight.Remove(group);
            OnLeft(group.Value);
        }

        _cursor?.Wake();
    }

    /// <summary>The peer refuses a group. On a live track it goes on without it; a lossless track has lost its reader.</summary>
    public void OnRefused(MoqErrorCode code)
    {
        if (_cursor is not { IsLossless: true } || code == MoqErrorCode.Cancel)
            return;
        _failure ??= new MoqStreamException(MoqErrorCode.SlowReader, $"The peer has dropped a group of the lossless track '{_subscribe.Track}' of '{_subscribe.Broadcast}', with code {code}.", isRemote: true);
        _cancel.Cancel();
    }

    /// <summary>The cache has dropped a group that is whole in its stream's queue.</summary>
    public void OnDroppedInQueue()
    {
        if (Interlocked.Exchange(ref _droppedInQueue, 1) == 0)
            _cursor?.Wake();
    }

    /// <summary>A group is given up. Under any lock, so that the meters are told later.</summary>
    public void OnReset(MoqErrorCode code)
    {
        if (code != MoqErrorCode.Cancel)
            Interlocked.Increment(ref _resets);
    }

    /// <summary>The subscriber will not get this group. One that its producer has given up is nothing that a lossless track has lost: the track goes on, as if the number had never had a group.</summary>
    public void OnDropped(GroupPublisher group, MoqErrorCode code)
    {
        var isProducersWord = _cursor is { IsLossless: true } && code != MoqErrorCode.Evicted && code != MoqErrorCode.Old;
        AddDrop(group.Sequence, group.Sequence, isProducersWord ? MoqErrorCode.NotFound : code);
    }

    private void AddDrop(ulong first, ulong last, MoqErrorCode code)
    {
        if (!_takesDrops)
            return;
        lock (_gate)
        {
            if (_drops.Count > 0 && _drops[^1] is { } before && before.EndGroup + 1 == first && before.ErrorCode == code.Value)
                _drops[^1] = before with { EndGroup = last };
            else if (_drops.Count < MostDrops)
                _drops.Add(new SubscribeDrop(first, last, code.Value));
        }

        _cursor?.Wake();
    }

    /// <summary>Groups that were there and went before the subscriber could have them: it need not wait for them.</summary>
    private void SkipTo(ulong sequence)
    {
        if (_expected is { } expected && sequence > expected && _takesDrops)
        {
            // A reader that misses a group of a lossless track is cut off, unless it wants none that is old. What is gone here was there before it came, or is a number that no group has had and that is given up because there are many such.
            var code = _cursor is { IsLossless: true, Options.AcceptedLatency: null } ? MoqErrorCode.NotFound : MoqErrorCode.Old;
            foreach (var (first, last) in _cursor!.Gone(expected, sequence - 1))
                AddDrop(first, last, code);
        }

        _expected = Math.Max(_expected ?? 0, sequence + 1);
    }

    /// <summary>The track is over: what a subscriber may still expect does not come. Numbers that no group has had are nothing that a lossless track has lost.</summary>
    private void SkipToEnd(TrackProducer track, ulong highest)
    {
        if (_expected > highest + 1)
            return;
        SkipTo(highest + 1);
        if (!track.Options.Lossless || _firstBegun is not { } first)
            return;
        (ulong First, ulong Last)[] gaps;
        lock (track.Gate)
            gaps = [.. track.GapsAbove(first)];
        foreach (var gap in gaps)
            AddDrop(gap.First, gap.Last, MoqErrorCode.NotFound);
    }

    private async ValueTask TellDropsAsync()
    {
        while (true)
        {
            SubscribeDrop drop;
            lock (_gate)
            {
                if (_drops.Count == 0)
                    return;
                drop = _drops[0];
                _drops.RemoveAt(0);
            }

            await _stream.Send.WriteAsync(drop, Connection.Version, _cancel.Token).ConfigureAwait(false);
        }
    }

    private void OnLeft(GroupPublisher group)
    {
        Interlocked.Add(ref _bytesInFlight, -group.Handed);
        if (!group.IsWritten)
            Interlocked.Decrement(ref _inWriting);
    }

    private async ValueTask ServeAsync(TrackCursor cursor, IDisposable served)
    {
        var watching = WatchPeerAsync();
        try
        {
            await SendGroupsAsync(cursor).ConfigureAwait(false);
            _stream.Send.Finish();
            await WaitForReadersAsync().ConfigureAwait(false);
            if (HasMoved)
                Move(cursor, served);
            else if (_peerHasEnded)
                cursor.Complete();
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            Break(_failure.Code);
            throw _failure;
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            if (HasMoved)
                Move(cursor, served);
            ResetAll(MoqErrorCode.Cancel);
            _stream.Send.Finish();
        }
        catch (MoqException failure)
        {
            Break(failure.Code);
            throw;
        }
        finally
        {
            lock (_gate)
                _isOver = true;
            _cancel.Cancel();
            _stream.Receive.Stop(MoqErrorCode.Cancel);
            await watching.ConfigureAwait(false);
            MoqTelemetry.GroupsReset.AddRemote(Interlocked.Exchange(ref _resets, 0));
        }
    }

    /// <summary>True if the subscriber has ended its side, and reads over another connection of the session.</summary>
    private bool HasMoved => _peerHasEnded && Connection.Host is { } host && host.Others(Connection).Any(other => other.Served.Serves(_cursor!.Track));

    /// <summary>One reader counts once: of its two subscriptions the one that ends first counts for nothing.</summary>
    private static void Move(TrackCursor cursor, IDisposable served)
    {
        served.Dispose();
        cursor.Move();
    }

    /// <summary>Acknowledged is not read: the peer ends its side when its readers have everything, and says meanwhile that they read on.</summary>
    private async ValueTask WaitForReadersAsync()
    {
        while (true)
        {
            using var limit = Connection.Runtime.Limit(Connection.Limits.ReadersEnd, _cancel.Token);
            try
            {
                await _lifeSign.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The peer has ended its side, or has had its time.
                return;
            }
        }
    }

    private async ValueTask SendGroupsAsync(TrackCursor cursor)
    {
        while (true)
        {
            // A writer that is faster than any path would keep it here for good, and what was dropped would not be told.
            var most = MostBegunAtOnce;
            while (most-- > 0 && MayBegin(out var last) && cursor.TryNext(out var group, last))
                Begin(group);
            var isOver = cursor.IsOver(out var failure);
            if (failure is not null)
            {
                if (failure.Code == MoqErrorCode.SlowReader)
                    MoqTelemetry.ReadersCut.AddRemote(1);
                throw failure;
            }

            MoqTelemetry.GroupsReset.AddRemote(Interlocked.Exchange(ref _resets, 0));
            if (isOver && cursor.Track.HighestSequence is { } highest)
                SkipToEnd(cursor.Track, highest);
            await TellDropsAsync().ConfigureAwait(false);
            if (isOver && IsNothingInFlight)
                return;
            if (most < 0)
                continue;

            if (Volatile.Read(ref _droppedInQueue) == 0)
                await cursor.ChangedAsync(_cancel.Token).ConfigureAwait(false);
            else
                await WaitBesideDroppedAsync(cursor).ConfigureAwait(false);
        }
    }

    /// <summary>Groups that the cache has dropped lie in the queues of their streams: they are given up when their moment is over.</summary>
    private async ValueTask WaitBesideDroppedAsync(TrackCursor cursor)
    {
        using (var limit = Connection.Runtime.Limit(Connection.Limits.DroppedInQueue, _cancel.Token))
        {
            try
            {
                await cursor.ChangedAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (limit.IsExpired)
            {
                // Time to look.
            }
        }

        if (Connection.Runtime.GetElapsedTime(_lookedAt) < Connection.Limits.DroppedInQueue)
            return;
        _lookedAt = Connection.Runtime.GetTimestamp();
        Volatile.Write(ref _droppedInQueue, 0);
        var late = new List<GroupPublisher>();
        lock (_gate)
        {
            foreach (var group in _inFlight)
            {
                if (group.DroppedAt == 0)
                    continue;
                if (Connection.Runtime.GetElapsedTime(group.DroppedAt) >= Connection.Limits.DroppedInQueue)
                    late.Add(group);
                else
                    Volatile.Write(ref _droppedInQueue, 1);
            }
        }

        foreach (var group in late)
            group.ResetUnlessSent();
    }

    private bool IsNothingInFlight
    {
        get
        {
            lock (_gate)
                return _inFlight.Count + _waiting.Count == 0;
        }
    }

    private bool MayBegin(out ulong? last)
    {
        var limits = Connection.Limits;
        lock (_gate)
        {
            last = _terms.EndGroup ?? FirstWindow;
            // Numbers need not be complete: while the window has room for a group, the next one may lie beyond it. A subscriber that has everything else would never move it.
            if (_takesDrops && _cursor is { IsLossless: true } && (_highestBegun is not { } highest || highest < last))
                last = null;
            var count = _inFlight.Count + _waiting.Count;
            return count < 2 || (count < limits.GroupsInFlight && Interlocked.Read(ref _bytesInFlight) < limits.BytesInFlight
                && (_cursor is not { IsLossless: true } || Volatile.Read(ref _inWriting) < limits.LosslessGroupsInWriting));
        }
    }

    /// <summary>
    /// A subscriber of a lossless track says how far it may go once it has the first group. Until then it gets no more than any has room for: at full speed small groups would fill its share before its word is here.
    /// </summary>
    private ulong? FirstWindow =>
        _takesDrops && !_isToldWindow && _cursor is { IsLossless: true } && _firstBegun is { } first ? first + (ulong)Connection.Limits.FirstGroups : null;

    private void Begin(GroupConsumer group)
    {
        MoqTelemetry.GroupsSkipped.AddRemote(group.Skipped);
        SkipTo(group.Sequence);
        _firstBegun ??= group.Sequence;
        _highestBegun = Math.Max(_highestBegun ?? 0, group.Sequence);
        var publisher = new GroupPublisher(this, group, _begun++);
        lock (_gate)
        {
            _waiting.AddLast(publisher.Place);
            Interlocked.Increment(ref _inWriting);
            ResetOld(group);
        }

        ResetOldThatWait(group);
        publisher.Watch();
        Connection.Sending.Add(this);
    }

    /// <summary>Gives up groups that are older than the subscriber wants beside the newest, even while they wait for the peer. Under the lock.</summary>
    private void ResetOld(GroupConsumer newest)
    {
        if (_cursor!.Options.MaxLatency is not { } latency)
            return;
        for (var old = _inFlight.First; old is not null && Connection.Runtime.GetElapsedTime(old.Value.CreatedAt, newest.CreatedAt) > latency; old = old.Next)
        {
            if (!old.Value.IsOld && old.Value.Sequence < newest.Sequence)
                old.Value.ResetOld();
        }
    }

    /// <summary>The same for those that wait for a stream, in the order in which they were begun. Not under the lock: they give their groups back.</summary>
    private void ResetOldThatWait(GroupConsumer newest)
    {
        if (_cursor!.Options.MaxLatency is not { } latency)
            return;
        while (true)
        {
            GroupPublisher old;
            lock (_gate)
            {
                if (_waiting.First is not { } first || first.Value.Sequence >= newest.Sequence || Connection.Runtime.GetElapsedTime(first.Value.CreatedAt, newest.CreatedAt) <= latency)
                    return;
                old = first.Value;
            }

            old.ResetOld();
        }
    }

    private SendOrder Order(GroupPublisher group) => new(Priority, Id, _terms.Ordered ? group.Number : -group.Number);

    /// <summary>Ends the subscription with a code. The peer is told before the subscription stops being served, because a shutdown closes the connection as soon as nothing is served.</summary>
    private void Break(MoqErrorCode code)
    {
        ResetAll(code);
        _stream.Send.Reset(code);
    }

    private void ResetAll(MoqErrorCode code)
    {
        GroupPublisher[] groups;
        lock (_gate)
            groups = [.. _inFlight, .. _waiting];
        foreach (var group in groups)
            group.Reset(code);
    }

    /// <summary>Reads updates until the peer ends its side, which unsubscribes.</summary>
    private async Task WatchPeerAsync()
    {
        try
        {
            while (await _reader.ReadAsync<SubscribeUpdate>().ConfigureAwait(false) is { } update)
                Take(update.Terms);
            _peerHasEnded = true;
        }
        catch (MoqProtocolException wrong)
        {
            _stream.Refuse(wrong.Code);
        }
        catch (IOException)
        {
            // However the peer ends its side, it wants nothing more.
        }

        lock (_gate)
        {
            if (_isOver)
                return;
        }

        _cancel.Cancel();
    }

    /// <summary>New terms hold for what is on its way too. Any update says that the readers are alive.</summary>
    private void Take(DeliveryTerms terms)
    {
        bool isReranked;
        lock (_gate)
        {
            isReranked = terms.Priority != _terms.Priority || terms.Ordered != _terms.Ordered;
            _terms = terms;
            _isToldWindow = true;
            if (isReranked)
            {
                foreach (var group in _inFlight)
                    group.Schedule(Order(group));
            }
        }

        if (isReranked)
            Connection.Sending.Rank();
        if (_cursor is { } cursor)
        {
            cursor.Options = SubscriptionTerms.ToOptions(terms);
            cursor.ReportProgress();
            cursor.Wake();
        }

        _lifeSign.Set();
    }
}
