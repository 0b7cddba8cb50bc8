using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves one subscription of the peer: reads the track, sends each group on a stream of its own, and ends the subscription only after
/// every group is acknowledged, because a JavaScript subscriber drops groups that are still in flight when the subscription ends. See
/// moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // The cancellation source has nothing to dispose, and a group that ends late may still cancel it.
internal sealed class TrackPublisher
#pragma warning restore CA1001
{
    private const int MaxBegunAtOnce = 64;

    private readonly BidiStream _stream;
    private readonly MessageReader _reader;
    private readonly Subscribe _subscribe;
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenRegistration _overCancels;
    private readonly CancellationToken _over;
    private readonly LifeSigns _readers;
    // These are set before a group is begun or an update is read.
    private TrackCursor _cursor = null!;
    private MissingGroups _missing = null!;
    private SendWindow _window = null!;
    private MoqStreamException? _failure;
    private ulong? _first;
    private bool _isStartSent;
    private bool _isEndSent;
    private long _begun;
    private long _resets;
    private bool _peerHasEnded;

    public TrackPublisher(MoqConnection connection, BidiStream stream, MessageReader reader, Subscribe subscribe, CancellationToken over)
    {
        Connection = connection;
        _stream = stream;
        _reader = reader;
        _subscribe = subscribe;
        _over = over;
        _readers = new LifeSigns(connection.Runtime, connection.Limits.ReadersEnd);
        _overCancels = over.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _cancel);
    }

    public MoqConnection Connection { get; }

    public ulong Id => _subscribe.Id;

    private MoqVersion Version => Connection.Version;

    /// <summary>Gets the window of groups that are being sent.</summary>
    public SendWindow Window => _window;

    /// <summary>
    /// Gets a value indicating whether the subscriber has ended its side and continues to read over another connection of the session.
    /// </summary>
    private bool HasMoved =>
        _peerHasEnded && Connection.Host is { } host && host.Others(Connection).Any(other => other.Served.Serves(_cursor.Track));

    /// <summary>Serves the subscription to its end.</summary>
    /// <exception cref="MoqException">The subscription is refused, or ended with a failure.</exception>
    public async ValueTask RunAsync()
    {
        try
        {
            var broadcast = Connection.Publication(_subscribe.Broadcast);
            await Connection.AnnounceOrder.WaitAsync(_subscribe.Broadcast, _over).ConfigureAwait(false);
            var terms = _subscribe.Terms;
            var start = Version.HasRoutes ? StartOf(broadcast.Producer.Find(_subscribe.Track)?.State, terms) : null;
            using var cursor = _cursor = broadcast.Track(_subscribe.Track)
                .OpenCursor(SubscriptionTerms.ToOptions(terms, Version, start), Connection.Transport.RemoteId);
            using var served = Connection.Served.Add(cursor.Track);
            // Up to moq-lite-04, old peers misinterpret SUBSCRIBE_DROP. A peer that requests every group by this value understands it.
            _missing = new MissingGroups(cursor, isReported: Version.HasTrackInfo || SubscriptionTerms.WantsAll(terms));
            _window = new SendWindow(Connection, cursor, _subscribe);
            Connection.Log.PeerSubscribed(Connection.RemoteName, _subscribe.Broadcast, _subscribe.Track, Id);
            await AnswerAsync(served).ConfigureAwait(false);
        }
        finally
        {
            _overCancels.Unregister();
        }
    }

    /// <summary>
    /// Handles that the peer refuses a group. A live track continues without the group; on a lossless track, the subscription fails
    /// because its reader is too slow.
    /// </summary>
    public void OnRefused(MoqErrorCode code)
    {
        if (!_cursor.Track.Options.Lossless || code == MoqErrorCode.Cancel)
            return;
        _failure ??= new MoqStreamException(
            MoqErrorCode.SlowReader,
            $"The peer has dropped a group of the lossless track '{_subscribe.Track}' of '{_subscribe.Broadcast}', with code {code}.",
            isRemote: true);
        _cancel.Cancel();
    }

    /// <summary>Records that a group was reset. This method may be called under any lock, so the meters are updated later.</summary>
    public void OnReset(MoqErrorCode code)
    {
        if (code != MoqErrorCode.Cancel)
            Interlocked.Increment(ref _resets);
    }

    /// <summary>Records that the subscriber will not receive a group completely.</summary>
    public void OnDropped(GroupPublisher group, MoqErrorCode code) => _missing.OnDropped(group.Sequence, code);

    private async ValueTask AnswerAsync(IDisposable served)
    {
        try
        {
            // From moq-lite-05 on, the answer tells the first group. Of a track of another peer it is not known before it arrives.
            if (!Version.HasTrackInfo)
                await AcceptAsync(SubscriptionTerms.Answer(_cursor.Track, _subscribe.Terms.Priority, _cursor.First)).ConfigureAwait(false);
            else if (_cursor.Track.Received is null)
                _first = _cursor.Beginning;

            await ServeAsync(served).ConfigureAwait(false);
        }
        finally
        {
            if (_over.IsCancellationRequested || !Connection.IsOpen)
                _cursor.Leave(TrackReaderEnd.SessionLost);
        }
    }

    private ValueTask AcceptAsync(DeliveryTerms terms) => _stream.Send.WriteAsync(new SubscribeOk(terms), Version);

    private async ValueTask ServeAsync(IDisposable served)
    {
        var isSent = false;
        var watching = WatchPeerAsync();
        try
        {
            await SendGroupsAsync().ConfigureAwait(false);
            _stream.Send.Finish();
            isSent = true;
            await _readers.WaitForEndAsync(_cancel.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            _cursor.Leave(TrackReaderEnd.TooSlow);
            Break(_failure.Code);
            throw _failure;
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            if (HasMoved)
                Move(served);
            _window.ResetAll(MoqErrorCode.Cancel);
            _stream.Send.Finish();
        }
        catch (MoqException failure)
        {
            Break(failure.Code);
            throw;
        }
        catch (Exception failure) when (failure is not IOException)
        {
            Break(MoqErrorCode.Transport);
            throw;
        }
        finally
        {
            _cancel.Cancel();
            // What arrived before the end of the connection is still read: it may be the end of the peer's side.
            if (!_over.IsCancellationRequested)
                _stream.Receive.Stop(MoqErrorCode.Cancel, Version);
            await watching.ConfigureAwait(false);
            CountResets();
        }

        if (!isSent || !_peerHasEnded)
            return;
        if (HasMoved)
            Move(served);
        else
            _cursor.Leave(TrackReaderEnd.Completed);
    }

    /// <summary>Ends the reader as moved, so that of its two subscriptions only the one that continues counts.</summary>
    private void Move(IDisposable served)
    {
        served.Dispose();
        _cursor.Leave(TrackReaderEnd.Moved);
    }

    private async ValueTask SendGroupsAsync()
    {
        while (true)
        {
            // The number of groups per pass is limited, because a writer that is faster than any path would keep this loop busy, so
            // that no dropped group would be reported.
            var most = MaxBegunAtOnce;
            while (most-- > 0 && _window.MayBegin(out var last) && _cursor.TryNext(out var group, last))
                Begin(group);
            if (Version.HasTrackInfo && _first is { } first && !_isStartSent)
            {
                _isStartSent = true;
                await AcceptAsync(new DeliveryTerms(StartGroup: first)).ConfigureAwait(false);
            }

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
        if (Version.HasTrackInfo && group.Sequence < _first)
        {
            group.Dispose();
            return;
        }

        MoqTelemetry.GroupsSkipped.AddRemote(group.Skipped);
        _missing.OnBegun(group.Sequence);
        var publisher = new GroupPublisher(this, group, _begun++);
        _window.Begin(publisher);
        publisher.Watch();
        Connection.Sending.Add(_window);
    }

    private void CountResets() => MoqTelemetry.GroupsReset.AddRemote(Interlocked.Exchange(ref _resets, 0));

    /// <summary>
    /// Ends the subscription with a code. The code is sent before the subscription stops being served, because a shutdown closes the
    /// connection as soon as no subscription is served.
    /// </summary>
    private void Break(MoqErrorCode code)
    {
        _window.ResetAll(code);
        _stream.Send.Reset(code, Version);
    }

    /// <summary>Reads updates until the peer ends its side of the stream, which ends the subscription.</summary>
    private async Task WatchPeerAsync()
    {
        try
        {
            while (await _reader.ReadAsync<SubscribeUpdate>().ConfigureAwait(false) is { } update)
                Update(update.Terms);
            _peerHasEnded = true;
        }
        catch (MoqProtocolException wrong)
        {
            _stream.Refuse(wrong.Code, Version);
        }
        catch (TransportClosedException)
        {
            // The streams may fail before the connection reports its end.
            _cursor.Leave(TrackReaderEnd.SessionLost);
        }
        catch (IOException)
        {
            // No matter how the peer ends its side, it wants no more groups.
        }
        finally
        {
            _cancel.Cancel();
        }
    }

    /// <summary>Applies new delivery terms. Any update also shows that the readers are active.</summary>
    private void Update(DeliveryTerms terms)
    {
        _window.Update(terms);
        _cursor.Options = SubscriptionTerms.ToOptions(terms, Version);
        _cursor.ReportProgress();
        _cursor.Wake();
        _readers.Set();
    }
}
