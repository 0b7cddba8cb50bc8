using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Receives one group on a FETCH stream of this side. The group belongs to a track of its own, which has one reader; when the reader has
/// left, the stream is reset. When the connection makes way for another one of the session, the rest of the group is requested there. See
/// moq-lite, "FETCH".
/// </summary>
/// <param name="fetcher">The fetcher, which opens the streams.</param>
/// <param name="track">The track to which the group belongs on this side.</param>
/// <param name="wanted">The group that is wanted.</param>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed class GroupFetch(GroupFetcher fetcher, TrackProducer track, WantedGroup wanted) : IGroupSource
#pragma warning restore CA1001
{
    private readonly GroupStreamReader _reader = new();
    // It is canceled when the group has ended.
    private readonly CancellationTokenSource _over = new();
    private MoqConnection _connection = null!;
    private BidiStream _stream;
    private FetchFlow _flow = null!;
    private MoqConnection? _next;

    /// <summary>Sends the request, waits for the first bytes of the answer, and then receives the rest in the background.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <exception cref="MoqStreamException">The publisher refused the request, or did not answer in time.</exception>
    public async ValueTask<GroupConsumer> BeginAsync(MoqConnection connection, CancellationToken cancellationToken)
    {
        var isAny = await RequestAsync(connection, 0, cancellationToken).ConfigureAwait(false);
        _flow = new FetchFlow(track.State, _stream.Receive, connection.Received);
        // The frames here are counted from the first one that is wanted.
        var cursor = track.OpenCursor(
            new SubscribeOptions { Start = GroupStart.Oldest, End = wanted.Sequence, LastFrame = wanted.LastIndex });
        var group = track.CreateGroup(wanted.Sequence);
        cursor.TryNext(out var reader);
        cursor.LeaveWhenRead();
        // With its only reader, the track keeps nothing any more, and stops its source.
        track.Finish();
        track.State.KeepNoLonger();
        ReceivedGroup.TrySetSource(group, this);
        connection.Carried.Increment();
        connection.Watch(ReceiveAsync(group, isAny));
        return reader;
    }

    public void Stop(MoqErrorCode code) => _stream.Refuse(code, _connection.Version);

    public void Admit() => _flow.IsWithheld = false;

    public void Withhold() => _flow.OnUnreadChanged();

    /// <summary>Requests the group on a connection, without the frames that are here, and waits for the first bytes.</summary>
    /// <returns>False if no frame follows.</returns>
    private async ValueTask<bool> RequestAsync(MoqConnection connection, int received, CancellationToken cancellationToken)
    {
        var (request, skip) = fetcher.RequestOf(wanted, received, connection.Version);
        var stream = await new SubscribeRequest(connection, wanted.Name).OpenAsync(cancellationToken).ConfigureAwait(false);
        (_connection, _stream) = (connection, stream);
        _reader.Begin(stream.Receive, connection.Version);
        _reader.SkipFrames(skip);
        using var limit = connection.Runtime.Limit(connection.Limits.SubscribeAnswer, cancellationToken);
        try
        {
            await stream.Send.WriteOpeningAsync(request, connection.Version, limit.Token).ConfigureAwait(false);
            return _reader.Took(await _reader.ReadAheadAsync(cancellationToken: limit.Token).ConfigureAwait(false), FrameHeader.Name);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            stream.Refuse(MoqErrorCode.Timeout, connection.Version);
            throw new MoqStreamException(
                MoqErrorCode.Timeout,
                $"The publisher did not begin to send {wanted.Name} within {connection.Limits.SubscribeAnswer}. "
                + "Fetch it again to ask once more.");
        }
        catch (Exception failure)
        {
            _reader.End();
            connection.GiveUp(stream, failure);
            throw;
        }
    }

    /// <summary>Receives the group, on one connection after another. It is counted as carried by the connection at the beginning.</summary>
    private async Task ReceiveAsync(GroupProducer group, bool isAny)
    {
        var moving = WatchMoveAsync(_connection);
        try
        {
            while (!await TryReceiveAsync(group, isAny).ConfigureAwait(false))
            {
                await moving.ConfigureAwait(false);
                isAny = await ContinueAsync(group, _next!).ConfigureAwait(false);
                moving = WatchMoveAsync(_connection);
            }
        }
        catch (Exception failure)
        {
            ReceivedGroup.ClearSource(group);
            _reader.AbandonFrame();
            if (failure is MoqProtocolException)
                fetcher.Forget(wanted.Track);
            var broken = BrokenGroup.Of(group, failure, _connection);
            group.BreakOff(broken.Code, broken.IsRemote);
            _connection.GiveUp(_stream, failure);
        }
        finally
        {
            _over.Cancel();
            _reader.End();
            _connection.Carried.Decrement();
            await moving.ConfigureAwait(false);
        }
    }

    /// <summary>Receives what the current stream delivers.</summary>
    /// <returns>True if the group has ended; false if it continues on another connection.</returns>
    private async ValueTask<bool> TryReceiveAsync(GroupProducer group, bool isAny)
    {
        try
        {
            while (isAny && !IsCut(group) && await _reader.TakeFrameAsync(group).ConfigureAwait(false))
            {
                // Reads one frame after another until the end of the group.
            }
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            ReceivedGroup.ClearSource(group);
            var isWhole = group.IsOpen && HasAll(group);
            if (!isWhole && !await MayContinueAsync(group, failure).ConfigureAwait(false))
                throw;
            _connection.GiveUp(_stream, failure);
            if (isWhole)
                group.Finish();
            return isWhole;
        }

        ReceivedGroup.ClearSource(group);
        if (_reader.FramesToSkip is > 0 and var missing)
            throw new MoqStreamException(MoqErrorCode.NotFound, $"There are {missing} frames too few in {wanted.Name}.", isRemote: true);
        group.Finish();
        if (IsCut(group))
            _stream.Refuse(MoqErrorCode.Cancel, _connection.Version);
        else
            _stream.Send.Finish();
        return true;
    }

    /// <summary>Determines whether the last wanted frame is here.</summary>
    private bool HasAll(GroupProducer group) => group.Frames.Count > wanted.LastIndex;

    /// <summary>Determines whether the rest is not wanted of a group that the publisher could only be asked for as a whole.</summary>
    private bool IsCut(GroupProducer group) => !_connection.Version.HasRoutes && HasAll(group);

    /// <summary>
    /// Determines whether the group goes on elsewhere: its stream was stopped because there is another connection, or the connection has
    /// ended and another one carries the session. A stream that the peer has reset has ended the group.
    /// </summary>
    private async ValueTask<bool> MayContinueAsync(GroupProducer group, Exception failure)
    {
        if (!group.IsOpen)
            return false;
        if (_next is null && failure is TransportClosedException)
            _next = await fetcher.NextAsync(_connection, _over.Token).ConfigureAwait(false);
        return _next is not null;
    }

    private async ValueTask<bool> ContinueAsync(GroupProducer group, MoqConnection next)
    {
        _reader.AbandonFrame();
        _reader.End();
        var before = _connection;
        next.Carried.Increment();
        before.Carried.Decrement();
        // The counts belong to the connection that is current, whether the request succeeds or not.
        _connection = next;
        _next = null;
        var isAny = await RequestAsync(next, group.Frames.Count, _over.Token).ConfigureAwait(false);
        next.Log.FetchMoved(next.RemoteName, wanted.Name, group.Frames.Count);
        _flow.MoveTo(_stream.Receive, next.Received);
        if (!ReceivedGroup.TrySetSource(group, this))
            _stream.Refuse(MoqErrorCode.Cancel, next.Version);
        return isAny;
    }

    /// <summary>Stops the stream when another connection of the session has taken the place of its connection.</summary>
    private async Task WatchMoveAsync(MoqConnection from)
    {
        try
        {
            if (await fetcher.NextAsync(from, _over.Token).ConfigureAwait(false) is not { } next)
                return;
            _next = next;
            _stream.Refuse(MoqErrorCode.Cancel, from.Version);
        }
        catch (OperationCanceledException)
        {
            // The group has ended.
        }
    }
}
