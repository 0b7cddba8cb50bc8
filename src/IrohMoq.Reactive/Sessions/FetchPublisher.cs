using System.Buffers;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a FETCH stream of the peer with the frames of one group: from the cache, or from the peer that has announced the broadcast. A
/// group that is still written is sent as it grows. See moq-lite, "FETCH".
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="reader">The reader of the stream, which has read its type.</param>
/// <param name="connection">The connection.</param>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose, and the stream may end late.
internal sealed class FetchPublisher(BidiStream stream, MessageReader reader, MoqConnection connection)
#pragma warning restore CA1001
{
    /// <summary>Distinguishes the flow of an answer, in the send order, from those of subscriptions.</summary>
    private const ulong FirstFlow = 1UL << 62;

    private readonly CancellationTokenSource _cancel = new();

    /// <summary>Answers the request.</summary>
    /// <param name="limit">The time limit of the request, which this method ends.</param>
    /// <param name="over">The token that is canceled when the connection has ended.</param>
    /// <exception cref="MoqException">The request is refused, or the group is not available to its end.</exception>
    /// <exception cref="OperationCanceledException">The peer has withdrawn the request, or has not sent it in time.</exception>
    public async ValueTask RunAsync(TimeLimit limit, CancellationToken over)
    {
        if (await reader.ReadAsync<Fetch>(limit.Token).ConfigureAwait(false) is not { } fetch)
            throw MessageFraming.Truncated(Fetch.Name, 0);
        limit.Dispose();
        using var cancels = over.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancel);
        var watching = WatchPeerAsync();
        connection.Watch(WatchStopAsync());
        try
        {
            using var group = await FindAsync(fetch).ConfigureAwait(false);
            await connection.AnnounceOrder.WaitAsync(fetch.Broadcast, _cancel.Token).ConfigureAwait(false);
            var rank = (ushort)((fetch.Priority << 8) | group.TrackPriority);
            (stream.Send as IScheduledStream)?.Schedule(new SendOrder(rank, FirstFlow + (ulong)stream.Send.Id, 0));
            await SendAsync(group).ConfigureAwait(false);
        }
        finally
        {
            _cancel.Cancel();
            stream.Receive.Stop(MoqErrorCode.Cancel, connection.Version);
            await watching.ConfigureAwait(false);
        }
    }

    private async ValueTask<GroupConsumer> FindAsync(Fetch fetch)
    {
        var broadcast = await connection.PublicationAsync(fetch.Broadcast, _cancel.Token).ConfigureAwait(false);
        if (fetch.Sequence > TrackProducer.MaxSequence || fetch.FrameStart > GroupProducer.MaxFrames)
        {
            throw new MoqStreamException(
                MoqErrorCode.NotFound,
                $"The peer asked for group {fetch.Sequence} from frame {fetch.FrameStart} on, which cannot exist.",
                isRemote: true);
        }

        var options = new FetchOptions
        {
            Priority = fetch.Priority,
            FirstFrame = (int)fetch.FrameStart,
            LastFrame = fetch.FrameEnd is { } last ? (int)Math.Min(last, int.MaxValue) : null,
        };
        return await broadcast.Track(fetch.Track).FetchForAsync(fetch.Sequence, options, connection.Requester, _cancel.Token)
            .ConfigureAwait(false);
    }

    private async ValueTask SendAsync(GroupConsumer group)
    {
        var version = connection.Version;
        var timestamp = 0UL;
        var header = ArrayPool<byte>.Shared.Rent(FrameHeader.MaxSize);
        try
        {
            do
            {
                while (group.TryReadPiece(out var piece))
                {
                    var length = 0;
                    if (piece.Offset == 0)
                    {
                        var delta = TimestampDelta.Between(timestamp, (ulong)piece.Timestamp);
                        timestamp = (ulong)piece.Timestamp;
                        length = FrameHeader.Write(header, (ulong)piece.FrameLength, version, delta);
                    }

                    await stream.Send.WriteBlockAsync(header.AsMemory(0, length), piece.Payload, CancellationToken.None)
                        .ConfigureAwait(false);
                }
            }
            while (await group.WaitAsync(_cancel.Token).ConfigureAwait(false));

            stream.Send.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }
    }

    /// <summary>Waits until the peer resets its side. A peer that only finishes its side waits for the answer.</summary>
    private async Task WatchPeerAsync()
    {
        try
        {
            if (!await reader.WaitForMessageAsync().ConfigureAwait(false))
                return;
            stream.Refuse(MoqErrorCode.UnexpectedMessage, connection.Version);
        }
        catch (IOException)
        {
            // No matter how the peer ends its side, it does not want the group any more.
        }

        _cancel.Cancel();
    }

    /// <summary>Waits until the answer has ended, which the peer may do as well.</summary>
    private async Task WatchStopAsync()
    {
        await stream.Send.Closed.ConfigureAwait(false);
        _cancel.Cancel();
    }
}
