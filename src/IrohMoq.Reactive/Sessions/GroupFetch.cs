using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Receives one group on a FETCH stream of this side. The group belongs to a track of its own, which has one reader; when the reader has
/// left, the stream is reset. See moq-lite, "FETCH".
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="track">The track to which the group belongs on this side.</param>
/// <param name="name">The name of the group, for exception messages.</param>
internal sealed class GroupFetch(MoqConnection connection, TrackProducer track, string name) : IGroupSource
{
    private readonly GroupStreamReader _reader = new();
    private BidiStream _stream;
    private FetchFlow _flow = null!;

    private MoqVersion Version => connection.Version;

    /// <summary>Sends the request, waits for the first bytes of the answer, and then receives the rest in the background.</summary>
    /// <param name="stream">A new stream.</param>
    /// <param name="request">The request.</param>
    /// <param name="skip">The number of frames at the beginning of the answer that are not wanted.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <exception cref="MoqStreamException">The publisher refused the request, or did not answer in time.</exception>
    public async ValueTask<GroupConsumer> BeginAsync(BidiStream stream, Fetch request, int skip, CancellationToken cancellationToken)
    {
        _stream = stream;
        _reader.Begin(stream.Receive, Version);
        _reader.SkipFrames(skip);
        var isAny = await RequestAsync(request, cancellationToken).ConfigureAwait(false);
        _flow = new FetchFlow(track.State, stream.Receive, connection.Received);
        var cursor = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest });
        var group = track.CreateGroup(request.Sequence);
        cursor.TryNext(out var reader);
        cursor.LeaveWhenRead();
        // With its only reader, the track keeps nothing any more, and stops its source.
        track.Finish();
        track.State.KeepNoLonger();
        ReceivedGroup.TrySetSource(group, this);
        connection.Watch(ReceiveAsync(group, isAny));
        return reader;
    }

    public void Stop(MoqErrorCode code) => _stream.Refuse(code, Version);

    public void Admit() => _flow.IsWithheld = false;

    public void Withhold() => _flow.OnUnreadChanged();

    /// <returns>False if the group has no frames.</returns>
    private async ValueTask<bool> RequestAsync(Fetch request, CancellationToken cancellationToken)
    {
        using var limit = connection.Runtime.Limit(connection.Limits.SubscribeAnswer, cancellationToken);
        try
        {
            await _stream.Send.WriteOpeningAsync(request, Version, limit.Token).ConfigureAwait(false);
            return _reader.Took(await _reader.ReadAheadAsync(cancellationToken: limit.Token).ConfigureAwait(false), FrameHeader.Name);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            _stream.Refuse(MoqErrorCode.Timeout, Version);
            throw new MoqStreamException(
                MoqErrorCode.Timeout,
                $"The publisher did not begin to send {name} within {connection.Limits.SubscribeAnswer}. Fetch it again to ask once more.");
        }
        catch (Exception failure)
        {
            _reader.End();
            connection.GiveUp(_stream, failure);
            throw;
        }
    }

    private async Task ReceiveAsync(GroupProducer group, bool isAny)
    {
        connection.Carried.Increment();
        try
        {
            while (isAny && await _reader.TakeFrameAsync(group).ConfigureAwait(false))
            {
                // Reads one frame after another until the end of the group.
            }

            ReceivedGroup.ClearSource(group);
            if (_reader.FramesToSkip is > 0 and var missing)
                throw new MoqStreamException(MoqErrorCode.NotFound, $"There are {missing} frames too few in {name}.", isRemote: true);
            group.Finish();
            _stream.Send.Finish();
        }
        catch (Exception failure)
        {
            ReceivedGroup.ClearSource(group);
            _reader.AbandonFrame();
            var broken = BrokenGroup.Of(group, failure, connection);
            group.BreakOff(broken.Code, broken.IsRemote);
            connection.GiveUp(_stream, failure);
        }
        finally
        {
            _reader.End();
            connection.Carried.Decrement();
        }
    }
}
