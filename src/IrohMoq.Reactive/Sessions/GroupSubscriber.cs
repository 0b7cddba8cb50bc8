using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Takes in one group stream of the peer. A stream of another type, or of a subscription that is not known (any more), is stopped and harms nobody; a group
/// that breaks off ends alone. Used for one stream after the other, because groups may be short and many.
/// </summary>
internal sealed class GroupSubscriber(Session session, GroupSubscribers spare)
{
    private const int BufferSize = 16 << 10;

    /// <summary>Frames up to this size are taken out of the buffer; larger ones are read straight into their own memory.</summary>
    private const int LargestBuffered = BufferSize / 2;

    private readonly byte[] _buffer = new byte[BufferSize];
    private IReceiveStream _stream = null!;
    private int _start;
    private int _end;
    private int _lastFrame;

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes in a stream to its end, then goes back to the spare ones. Never fails.</summary>
    public async Task RunAsync(IReceiveStream stream)
    {
        _stream = stream;
        _start = _end = _lastFrame = 0;
        try
        {
            if (await ReadHeaderAsync().ConfigureAwait(false) is not { } header)
                return;
            if (session.Subscriptions.Find(header.SubscribeId) is { } subscription)
                await ReceiveAsync(subscription, header).ConfigureAwait(false);
            else
                stream.Stop(MoqErrorCode.Cancel);
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
            spare.Return(this);
        }
    }

    /// <summary>Null if it is no group.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GroupHeader?> ReadHeaderAsync()
    {
        ulong type;
        int consumed;
        while (!Varint.TryRead(Unread, out type, out consumed))
        {
            if (!Took(await _stream.ReadAsync(Room(BufferSize)).ConfigureAwait(false), "stream type"))
                return null;
        }

        _start += consumed;
        if (type != (ulong)UniStreamType.Group)
        {
            _stream.Stop(MoqErrorCode.Cancel);
            return null;
        }

        GroupHeader header;
        while (!GroupHeader.TryRead(Unread, session.Version, out header, out consumed))
        {
            if (!Took(await _stream.ReadAsync(Room(BufferSize)).ConfigureAwait(false), GroupHeader.Name))
                throw MessageFraming.Truncated(GroupHeader.Name, 0);
        }

        _start += consumed;
        return header;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveAsync(TrackSubscriber subscription, GroupHeader header)
    {
        subscription.OnGroupBegun(_stream);
        GroupProducer? group = null;
        try
        {
            await subscription.WaitForGroupRoomAsync().ConfigureAwait(false);
            group = subscription.CreateGroup(header.Sequence);
            while (await TakeFrameAsync(group).ConfigureAwait(false))
            {
                // One frame after the other, until the end of the group.
            }

            group.Finish();
        }
        catch (MoqException failure)
        {
            session.Log.GroupLost(session.RemoteName, header.SubscribeId, header.Sequence, failure.Code, failure.Message);
            group?.BreakOff(failure.Code, failure.IsRemote);
            throw;
        }
        catch (TransportStreamException failure)
        {
            group?.BreakOff(failure.ProtocolCode(), failure.IsRemote);
            throw;
        }
        catch (TransportClosedException failure)
        {
            group?.BreakOff(Session.ClosedException(failure.End).Code, failure.End.IsRemote);
            throw;
        }
        finally
        {
            group?.AbandonFrame();
            subscription.OnGroupEnded(_stream);
        }
    }

    /// <summary>Takes the next frame. It waits in place, without a method for each kind of wait: every frame of every group comes through here.</summary>
    /// <returns>False at the end of the group.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TakeFrameAsync(GroupProducer group)
    {
        ulong length;
        int consumed;
        while (!FrameHeader.TryRead(Unread, session.Version, out length, out consumed))
        {
            // After a large frame only a header is read, so that the next payload goes straight to its place.
            if (!Took(await _stream.ReadAsync(Room(_lastFrame > LargestBuffered ? FrameHeader.MaxSize : BufferSize)).ConfigureAwait(false), FrameHeader.Name))
                return false;
        }

        _start += consumed;
        var size = _lastFrame = (int)length;
        await group.WaitForRoomAsync(CancellationToken.None).ConfigureAwait(false);
        if (size <= LargestBuffered)
        {
            while (_end - _start < size)
            {
                if (!Took(await _stream.ReadAsync(Room(BufferSize)).ConfigureAwait(false), "payload"))
                    throw WrongSize(size, 0);
            }

            group.Write(Unread[..size]);
            _start += size;
            return true;
        }

        group.BeginFrame(size);
        TakeBuffered(group);
        while (group.FrameMissing > 0)
        {
            var count = await _stream.ReadAsync(group.FrameRoom).ConfigureAwait(false);
            if (count == 0)
                throw WrongSize(size, size - group.FrameMissing);
            group.AdvanceFrame(count);
        }

        group.CommitFrame();
        return true;
    }

    private static MoqProtocolException WrongSize(int size, int received) =>
        new(MoqErrorCode.WrongSize, $"The peer ended the stream inside a frame of {size} bytes, after {received} of them.");

    /// <summary>Moves what was read ahead into the begun frame.</summary>
    private void TakeBuffered(GroupProducer group)
    {
        while (_start < _end && group.FrameMissing > 0)
        {
            var room = group.FrameRoom;
            var count = Math.Min(_end - _start, room.Length);
            Unread[..count].CopyTo(room.Span);
            _start += count;
            group.AdvanceFrame(count);
        }
    }

    /// <summary>Where at most so many of the next bytes go.</summary>
    private Memory<byte> Room(int most)
    {
        if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        return _buffer.AsMemory(_end, Math.Min(most, _buffer.Length - _end));
    }

    /// <summary>Counts what was read. False at the end of the stream if nothing is unread.</summary>
    private bool Took(int count, string what)
    {
        _end += count;
        if (count > 0)
            return true;
        return _end == 0 ? false : throw new MoqProtocolException(MoqErrorCode.WrongSize, $"The peer ended the stream inside a {what}, after {_end} bytes of it.");
    }
}
