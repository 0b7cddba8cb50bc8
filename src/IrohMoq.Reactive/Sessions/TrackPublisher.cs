using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves one subscription of the peer: a cursor over the track, a stream for each group, and the end of the track only after every group is acknowledged, because a
/// JavaScript subscriber drops what is still on its way when it sees the end. See moq-lite, "Subscribe".
/// </summary>
internal sealed class TrackPublisher
{
    /// <summary>Groups of a lossless track that are written at once: the reader takes them one after the other, and what it does not take yet keeps its memory from the one it reads.</summary>
    private const int LosslessInWriting = 4;

    private readonly BidiStream _stream;
    private readonly MessageReader _reader;
    private readonly Subscribe _subscribe;
    private readonly Lock _gate = new();
    private readonly List<GroupPublisher> _inFlight = [];
    private readonly CancellationTokenSource _cancel;
    private DeliveryTerms _terms;
    private TrackCursor? _cursor;
    private long _newest;

    public TrackPublisher(Session session, BidiStream stream, MessageReader reader, Subscribe subscribe, CancellationToken over)
    {
        Session = session;
        _stream = stream;
        _reader = reader;
        _subscribe = subscribe;
        _terms = subscribe.Terms;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(over);
    }

    public Session Session { get; }

    public ulong Id => _subscribe.Id;

    public async ValueTask RunAsync()
    {
        // An unknown broadcast or track is refused at once: there is no other answer, and silence would make the peer wait.
        var broadcast = Session.Local.Find(_subscribe.Broadcast)
            ?? throw new MoqStreamException(MoqErrorCode.NotFound, $"The peer asked for '{_subscribe.Broadcast}', which is not published to it.", isRemote: true);
        using var cursor = broadcast.Track(_subscribe.Track).OpenCursor(_terms.StartGroup);
        _cursor = cursor;
        using var served = Session.Served.Add(broadcast.Producer, _subscribe.Track);
        Session.Log.PeerSubscribed(Session.RemoteName, _subscribe.Broadcast, _subscribe.Track, Id);
        await _stream.Send.WriteAsync(new SubscribeOk(new DeliveryTerms(_terms.Priority)), Session.Version).ConfigureAwait(false);

        var watching = WatchPeerAsync();
        try
        {
            await SendGroupsAsync(cursor).ConfigureAwait(false);
            _stream.Send.Finish();
            // Acknowledged is not read: the peer ends its side when its readers have everything.
            using var limit = Session.Turns.Limit(Session.Limits.ReadersEnd, _cancel.Token);
            await UntilCancelledAsync(cursor, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            ResetAll(MoqErrorCode.Cancel);
            _stream.Send.Finish();
        }
        catch (MoqException failure)
        {
            ResetAll(failure.Code);
            throw;
        }
        finally
        {
            _cancel.Cancel();
            _stream.Receive.Stop(MoqErrorCode.Cancel);
            await watching.ConfigureAwait(false);
        }
    }

    public void OnWritten() => _cursor?.Wake();

    public void OnDone(GroupPublisher group)
    {
        lock (_gate)
            _inFlight.Remove(group);
        _cursor?.Wake();
    }

    private static async ValueTask UntilCancelledAsync(TrackCursor cursor, CancellationToken cancelled)
    {
        try
        {
            while (true)
                await cursor.ChangedAsync(cancelled).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The peer has ended its side, or has had its time.
        }
    }

    private async ValueTask SendGroupsAsync(TrackCursor cursor)
    {
        var most = cursor.IsLossless ? LosslessInWriting : int.MaxValue;
        while (true)
        {
            ResetStale();
            while (InFlight < Session.Limits.GroupsInFlight && InWriting < most && cursor.TryNext(out var group))
                Begin(group);
            if (cursor.IsOver(out var failure))
            {
                if (failure is not null)
                    throw failure;
                if (InFlight == 0)
                    return;
            }

            await cursor.ChangedAsync(_cancel.Token).ConfigureAwait(false);
        }
    }

    private int InFlight
    {
        get
        {
            lock (_gate)
                return _inFlight.Count;
        }
    }

    private int InWriting
    {
        get
        {
            var count = 0;
            lock (_gate)
            {
                foreach (var group in _inFlight)
                    count += group.IsWritten ? 0 : 1;
            }

            return count;
        }
    }

    private void Begin(GroupConsumer group)
    {
        // A group beyond the range is parked by not being sent; the range may grow, but what has passed is not fetched again.
        if (_terms.EndGroup is { } last && group.Sequence > last)
        {
            group.Dispose();
            return;
        }

        var publisher = new GroupPublisher(this, group);
        lock (_gate)
            _inFlight.Add(publisher);
        _newest = Math.Max(_newest, group.CreatedAt);
        _ = publisher.RunAsync(_cancel.Token);
    }

    /// <summary>Gives up groups that the cache has let go of, and those older than the subscriber wants, even while they wait for the peer.</summary>
    private void ResetStale()
    {
        lock (_gate)
        {
            foreach (var group in _inFlight)
            {
                if (group.AbortCode is { } code)
                    group.Reset(code);
                else if (_terms.MaxLatency > 0 && Session.Turns.GetElapsedTime(group.CreatedAt, _newest).TotalMilliseconds > _terms.MaxLatency)
                    group.Reset(MoqErrorCode.Old);
            }
        }
    }

    private void ResetAll(MoqErrorCode code)
    {
        lock (_gate)
        {
            foreach (var group in _inFlight)
                group.Reset(code);
        }
    }

    /// <summary>Reads updates until the peer ends its side, which unsubscribes.</summary>
    private async Task WatchPeerAsync()
    {
        try
        {
            while (await _reader.ReadAsync<SubscribeUpdate>().ConfigureAwait(false) is { } update)
                _terms = update.Terms;
        }
        catch (MoqProtocolException wrong)
        {
            _stream.Refuse(wrong.Code);
        }
        catch (IOException)
        {
            // However the peer ends its side, it wants nothing more.
        }

        _cancel.Cancel();
    }
}
