using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Takes in one group stream of the peer. A stream of another type, or of a subscription that is not known (any more), is stopped and harms nobody; a group
/// that breaks off ends alone.
/// </summary>
internal sealed class GroupSubscriber(Session session, IReceiveStream stream)
{
    private const int BufferSize = 16 << 10;

    /// <summary>Frames up to this size are taken out of the buffer; larger ones are read straight into their own memory.</summary>
    private const int LargestBuffered = BufferSize / 2;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    public static Task RunAsync(Session session, IReceiveStream stream) => new GroupSubscriber(session, stream).RunAsync();

    private async Task RunAsync()
    {
        try
        {
            await ReceiveAsync().ConfigureAwait(false);
        }
        catch (MoqException failure)
        {
            stream.Stop(failure.Code);
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            // The stream is over already, and its group knows.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private async ValueTask ReceiveAsync()
    {
        ulong type;
        int consumed;
        while (!Varint.TryRead(Unread, out type, out consumed))
        {
            if (!await FillAsync(BufferSize, "stream type").ConfigureAwait(false))
                return;
        }

        _start += consumed;
        if (type != (ulong)UniStreamType.Group)
        {
            stream.Stop(MoqErrorCode.Cancel);
            return;
        }

        GroupHeader header;
        while (!GroupHeader.TryRead(Unread, session.Version, out header, out consumed))
        {
            if (!await FillAsync(BufferSize, GroupHeader.Name).ConfigureAwait(false))
                throw MessageFraming.Truncated(GroupHeader.Name, 0);
        }

        _start += consumed;
        if (session.Subscriptions.Find(header.SubscribeId) is not { } subscription)
        {
            stream.Stop(MoqErrorCode.Cancel);
            return;
        }

        await ReceiveAsync(subscription, header).ConfigureAwait(false);
    }

    private async ValueTask ReceiveAsync(TrackSubscriber subscription, GroupHeader header)
    {
        subscription.OnGroupBegun(stream);
        GroupProducer? group = null;
        try
        {
            group = await subscription.CreateGroupAsync(header.Sequence).ConfigureAwait(false);
            await ReceiveFramesAsync(group).ConfigureAwait(false);
            group.Finish();
        }
        catch (MoqException failure)
        {
            session.Log.GroupLost(session.RemoteName, header.SubscribeId, header.Sequence, failure.Code, failure.Message);
            group?.Abort(failure.Code, failure.IsRemote);
            throw;
        }
        catch (TransportStreamException failure)
        {
            group?.Abort(failure.ProtocolCode(), failure.IsRemote);
            throw;
        }
        catch (TransportClosedException failure)
        {
            group?.Abort(Session.ClosedException(failure.End).Code, failure.End.IsRemote);
            throw;
        }
        finally
        {
            group?.AbandonFrame();
            subscription.OnGroupEnded(stream);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveFramesAsync(GroupProducer group)
    {
        var last = 0;
        while (true)
        {
            ulong size;
            int consumed;
            while (!FrameHeader.TryRead(Unread, session.Version, out size, out consumed))
            {
                // After a large frame only a header is read, so that the next payload goes straight to its place.
                if (!await FillAsync(last > LargestBuffered ? FrameHeader.MaxSize : BufferSize, FrameHeader.Name).ConfigureAwait(false))
                    return;
            }

            _start += consumed;
            last = (int)size;
            await group.WaitForRoomAsync(CancellationToken.None).ConfigureAwait(false);
            if (last <= LargestBuffered)
                await TakeBufferedAsync(group, last).ConfigureAwait(false);
            else
                await TakeDirectAsync(group, last).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeBufferedAsync(GroupProducer group, int size)
    {
        while (_end - _start < size)
        {
            if (!await FillAsync(BufferSize, "payload").ConfigureAwait(false))
                throw WrongSize(size, 0);
        }

        group.Write(Unread[..size]);
        _start += size;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeDirectAsync(GroupProducer group, int size)
    {
        group.BeginFrame(size);
        while (group.FrameMissing > 0)
        {
            var room = group.FrameRoom;
            var count = Math.Min(_end - _start, room.Length);
            if (count > 0)
            {
                Unread[..count].CopyTo(room.Span);
                _start += count;
            }
            else
            {
                count = await stream.ReadAsync(room).ConfigureAwait(false);
                if (count == 0)
                    throw WrongSize(size, size - group.FrameMissing);
            }

            group.AdvanceFrame(count);
        }

        group.CommitFrame();
    }

    private static MoqProtocolException WrongSize(int size, int received) =>
        new(MoqErrorCode.WrongSize, $"The peer ended the stream inside a frame of {size} bytes, after {received} of them.");

    /// <summary>Reads more. False at the end of the stream if nothing is unread.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int most, string what)
    {
        if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end, Math.Min(most, _buffer.Length - _end))).ConfigureAwait(false);
        _end += read;
        if (read > 0)
            return true;
        return _end == 0 ? false : throw new MoqProtocolException(MoqErrorCode.WrongSize, $"The peer ended the stream inside a {what}, after {_end} bytes of it.");
    }
}
