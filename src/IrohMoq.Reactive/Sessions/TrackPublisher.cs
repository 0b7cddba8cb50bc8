using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves one subscription of the peer: reads the track, sends each group on a stream of its own, and ends the subscription only after
/// every group is acknowledged, because a JavaScript subscriber drops groups that are still in flight when the subscription ends. See
/// moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // The cancellation source has nothing to dispose, and a group that ends late may still cancel it.
internal sealed partial class TrackPublisher
#pragma warning restore CA1001
{
    private readonly BidiStream _stream;
    private readonly MessageReader _reader;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenRegistration _overCancels;
    private readonly CancellationToken _over;
    private readonly LifeSigns _readers;
    // The terms of an update that comes before the broadcast are part of it.
    private Subscribe _subscribe;
    // These are set together, under the lock, before a group is begun.
    private TrackCursor _cursor = null!;
    private MissingGroups _missing = null!;
    private SendWindow _window = null!;
    private MoqStreamException? _failure;
    private ulong? _first;
    private bool _isStartSent;
    private bool _isEndSent;
    private long _resets;

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

    // Up to moq-lite-04 the answer tells whether the track is lossless.
    private bool IsDescribed
    {
        get
        {
            lock (_cursor.Track.Gate)
                return Version.HasTrackInfo ? _cursor.Track.IsDescribed : _cursor.Track.IsKnown;
        }
    }

    /// <summary>Gets the window of groups that are being sent.</summary>
    public SendWindow Window => _window;

    /// <summary>Serves the subscription to its end.</summary>
    /// <exception cref="MoqException">The subscription is refused, or ended with a failure.</exception>
    public async ValueTask RunAsync()
    {
        var watching = WatchPeerAsync();
        try
        {
            var broadcast = await PublicationAsync().ConfigureAwait(false);
            await Connection.AnnounceOrder.WaitAsync(_subscribe.Broadcast, _cancel.Token).ConfigureAwait(false);
            using var cursor = Open(broadcast);
            using var served = Connection.Served.Add(cursor.Track);
            Connection.Log.PeerSubscribed(Connection.RemoteName, _subscribe.Broadcast, _subscribe.Track, Id);
            await AnswerAsync(served, watching).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_peerHasEnded)
        {
            // The peer does not wait for the broadcast any more.
            _stream.Send.Finish();
        }
        catch (Exception failure) when (!watching.IsCompleted)
        {
            // The updates are read until this side stops them, or the connection ends.
            if (!_over.IsCancellationRequested)
                _stream.Receive.Stop((failure as MoqException)?.Code ?? MoqErrorCode.Cancel, Version);
            throw;
        }
        finally
        {
            _overCancels.Unregister();
            await watching.ConfigureAwait(false);
        }
    }

    private TrackCursor Open(BroadcastConsumer broadcast)
    {
        lock (_gate)
        {
            var terms = _subscribe.Terms;
            var start = Version.HasRoutes ? StartOf(broadcast.Producer.Find(_subscribe.Track)?.State, terms) : null;
            var cursor = broadcast.Track(_subscribe.Track)
                .OpenCursor(SubscriptionTerms.ToOptions(terms, Version, start), Connection.Requester);
            // Up to moq-lite-04, old peers misinterpret SUBSCRIBE_DROP. A peer that requests every group by this value understands it.
            _missing = new MissingGroups(cursor, isReported: Version.HasTrackInfo || SubscriptionTerms.WantsAll(terms));
            _window = new SendWindow(Connection, cursor, _subscribe);
            return _cursor = cursor;
        }
    }

    /// <summary>Records that a group was reset. This method may be called under any lock, so the meters are updated later.</summary>
    public void OnReset(MoqErrorCode code)
    {
        if (code != MoqErrorCode.Cancel)
            Interlocked.Increment(ref _resets);
    }

    /// <summary>Records that the subscriber will not receive a group completely.</summary>
    public void OnDropped(GroupPublisher group, MoqErrorCode code) => _missing.OnDropped(group.Sequence, code);

    /// <summary>Returns the broadcast. One that is provided on demand is waited for while the subscriber reads the answer.</summary>
    private ValueTask<BroadcastConsumer> PublicationAsync() => Connection.FindPublication(_subscribe.Broadcast) is { } published
        ? new(published)
        : Connection.PublicationAsync(_subscribe.Broadcast, Connection.UntilStopped(_stream.Send, _cancel.Token));

    private async ValueTask AnswerAsync(IDisposable served, Task watching)
    {
        try
        {
            // From moq-lite-05 on, the answer tells the first group. Of a track of another peer it is not known before it arrives.
            if (Version.HasTrackInfo && _cursor.Track.Received is null)
                _first = _cursor.Beginning;
            await ServeAsync(served, watching).ConfigureAwait(false);
        }
        finally
        {
            if (_over.IsCancellationRequested || !Connection.IsOpen)
                _cursor.Leave(TrackReaderEnd.SessionLost);
        }
    }

    private ValueTask AcceptAsync(DeliveryTerms terms) => _stream.Send.WriteAsync(new SubscribeOk(terms), Version);

    private async ValueTask ServeAsync(IDisposable served, Task watching)
    {
        var isSent = false;
        try
        {
            await WaitUntilDescribedAsync().ConfigureAwait(false);
            if (!Version.HasTrackInfo)
            {
                await AcceptAsync(SubscriptionTerms.Answer(_cursor.Track, _subscribe.Terms.Priority, _cursor.FirstToExpect))
                    .ConfigureAwait(false);
            }

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
            Break(failure.CodeForPeer());
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

    /// <summary>
    /// Waits until a track that was requested is accepted, and one of another peer is answered there, or until the subscriber ends its
    /// side.
    /// </summary>
    /// <exception cref="MoqException">The track was rejected.</exception>
    private async ValueTask WaitUntilDescribedAsync()
    {
        while (!IsDescribed)
        {
            if (_cursor.IsOver(out var failure))
            {
                if (failure is not null)
                    throw failure;
                return;
            }

            await _cursor.ChangedAsync(_cancel.Token).ConfigureAwait(false);
        }
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
}
