using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Takes in one group stream of the peer. What arrives is taken at once, whatever the readers do; a peer that is to be held back gets no credit for the stream (<see cref="ReceiveFlow"/>). A stream of another type, or of a subscription
/// that is not known (any more), is stopped and harms nobody; a group that breaks off ends alone. Used for one stream after the other, because groups may be short and many.
/// </summary>
internal sealed class GroupSubscriber : IGroupSource
{
    private const int BufferSize = 16 << 10;

    /// <summary>Enough for a small group. What is longer gets a larger buffer once that has come, because a peer may open many streams and send little.</summary>
    private const int FirstBufferSize = 1 << 10;

    /// <summary>Frames up to this size are taken out of the buffer; larger ones are read straight into their own memory.</summary>
    private const int LargestBuffered = BufferSize / 2;

    private readonly MoqConnection _connection;
    private readonly GroupSubscribers _spare;
    private readonly LinkedListNode<GroupSubscriber> _place;
    private readonly byte[] _firstBuffer = new byte[FirstBufferSize];
    private byte[] _buffer;
    private IReceiveStream _stream = null!;
    private IFlowControlledStream? _credit;
    private GroupProducer? _group;
    private int _start;
    private int _end;
    private int _lastFrame;
    private int _framesHere;
    private Subscription? _subscription;

    public GroupSubscriber(MoqConnection connection, GroupSubscribers spare)
    {
        _connection = connection;
        _spare = spare;
        _place = new LinkedListNode<GroupSubscriber>(this);
        _buffer = _firstBuffer;
    }

    /// <summary>When the stream was accepted.</summary>
    public long AcceptedAt { get; private set; }

    /// <summary>The number of the group that it brings.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>What the stream waits on that brings the same group on another connection. Under the lock of <see cref="ArrivingGroups"/>.</summary>
    public Signal? Successor { get; set; }

    /// <summary>True while the peer gets no credit for what is taken of the stream.</summary>
    public bool IsCreditWithheld
    {
        set
        {
            if (_credit is { } credit)
                credit.IsCreditWithheld = value;
        }
    }

    /// <summary>True while a reader waits for more of the group. Under the track's lock.</summary>
    public bool IsAwaited => _group is { IsAwaited: true };

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes in a stream to its end, then goes back to the spare ones. Never fails.</summary>
    public async Task RunAsync(IReceiveStream stream)
    {
        _stream = stream;
        _credit = stream as IFlowControlledStream;
        _start = _end = _lastFrame = 0;
        AcceptedAt = _connection.Runtime.GetTimestamp();
        try
        {
            if (await ReadHeaderAsync().ConfigureAwait(false) is not { } header)
                return;
            if (_connection.Subscriptions.Find(header.SubscribeId) is { } subscription)
                await ReceiveAsync(subscription, header).ConfigureAwait(false);
            else
                stream.Stop(MoqErrorCode.Cancel);
        }
        catch (MoqException failure)
        {
            stream.Stop(failure.Code);
            MoqTelemetry.GroupsReset.AddLocal(1);
        }
        catch (TransportStreamException failure) when (!failure.IsRemote && failure.ProtocolCode() != MoqErrorCode.Cancel)
        {
            // Its group was dropped here.
            MoqTelemetry.GroupsReset.AddLocal(1);
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            // The stream is over already, and its group knows.
        }
        catch (Exception fault)
        {
            _connection.Log.StreamFailed(_connection.RemoteName, fault);
            stream.Stop(MoqErrorCode.Transport);
        }
        finally
        {
            if (_buffer != _firstBuffer)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = _firstBuffer;
            _spare.Return(this);
        }
    }

    /// <summary>True if the other one brings a group of the same subscription.</summary>
    public bool IsBeside(GroupSubscriber other) => _subscription == other._subscription;

    /// <summary>Nobody wants the rest.</summary>
    public void Stop(MoqErrorCode code) => _stream.Stop(code);

    public void Admit() => IsCreditWithheld = false;

    public void Withhold() => IsCreditWithheld = true;

    /// <summary>The group that it brings, once that is known and until its end.</summary>
    public GroupProducer? Group => _group;

    /// <summary>Null if it is no group.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GroupHeader?> ReadHeaderAsync()
    {
        var isWatched = false;
        try
        {
            ulong type;
            int consumed;
            while (!Varint.TryRead(Unread, out type, out consumed))
            {
                var read = _stream.ReadAsync(Room(BufferSize));
                isWatched = Watch(isWatched, read.IsCompleted);
                if (!Took(await read.ConfigureAwait(false), "stream type"))
                    return null;
            }

            _start += consumed;
            if (type != (ulong)UniStreamType.Group)
            {
                _stream.Stop(MoqErrorCode.Cancel);
                return null;
            }

            GroupHeader header;
            while (!GroupHeader.TryRead(Unread, _connection.Version, out header, out consumed))
            {
                var read = _stream.ReadAsync(Room(BufferSize));
                isWatched = Watch(isWatched, read.IsCompleted);
                if (!Took(await read.ConfigureAwait(false), GroupHeader.Name))
                    throw MessageFraming.Truncated(GroupHeader.Name, 0);
            }

            _start += consumed;
            return header;
        }
        finally
        {
            if (isWatched)
                _spare.Unwatch(_place);
        }
    }

    /// <summary>A stream that does not say at once what it is has a limit; most say it with their first bytes.</summary>
    private bool Watch(bool isWatched, bool isThere)
    {
        if (!isWatched && !isThere)
            _spare.Watch(_place);
        return isWatched || !isThere;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveAsync(Subscription subscription, GroupHeader header)
    {
        GroupProducer? group = null;
        _subscription = subscription;
        Sequence = header.Sequence;
        if (!subscription.TryBegin(_place))
        {
            _stream.Stop(MoqErrorCode.Cancel);
            return;
        }

        try
        {
            _group = group = await subscription.BeginGroupAsync(this).ConfigureAwait(false);
            if (group is null || !group.TrySetSource(this))
            {
                _stream.Stop(group is null ? subscription.RefusalOfKnownGroup : group.AbortCode ?? MoqErrorCode.Cancel);
                return;
            }

            _framesHere = group.FrameCount;
            while (await TakeFrameAsync(group).ConfigureAwait(false))
            {
                // One frame after the other, until the end of the group.
            }

            group.ClearSource();
            group.Finish();
        }
        catch (MoqException failure)
        {
            if (group is null or { IsOpen: true })
                _connection.Log.GroupLost(_connection.RemoteName, header.SubscribeId, header.Sequence, failure.Code, failure.Message);
            BreakOff(failure.Code, failure.IsRemote);
            throw;
        }
        catch (TransportStreamException failure)
        {
            BreakOff(failure.ProtocolCode(), failure.IsRemote);
            throw;
        }
        catch (TransportClosedException failure)
        {
            BreakOff(MoqConnection.ClosedException(failure.End).Code, failure.End.IsRemote);
            throw;
        }
        catch
        {
            BreakOff(MoqErrorCode.Transport, isRemote: false);
            throw;
        }
        finally
        {
            _group = null;
            subscription.OnGroupEnded(_place);
            _subscription = null;
        }
    }

    private void BreakOff(MoqErrorCode code, bool isRemote)
    {
        if (_group is not { } group)
            return;
        // Another stream may bring the group from here on.
        group.ClearSource();
        group.AbandonFrame();
        _group = null;
        _subscription!.OnBrokenOff(new BrokenGroup(group, code, isRemote));
    }

    /// <summary>Takes the next frame. It waits in place, without a method for each kind of wait: every frame of every group comes through here.</summary>
    /// <returns>False at the end of the group.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TakeFrameAsync(GroupProducer group)
    {
        ulong length;
        int consumed;
        while (!FrameHeader.TryRead(Unread, _connection.Version, out length, out consumed))
        {
            // After a large frame only a header is read, so that the next payload goes straight to its place.
            if (!Took(await _stream.ReadAsync(Room(_lastFrame > LargestBuffered ? FrameHeader.MaxSize : BufferSize)).ConfigureAwait(false), FrameHeader.Name))
                return false;
        }

        _start += consumed;
        var size = _lastFrame = (int)length;
        if (size <= LargestBuffered)
        {
            while (_end - _start < size)
            {
                if (!Took(await _stream.ReadAsync(Room(BufferSize)).ConfigureAwait(false), "payload"))
                    throw WrongSize(size, 0);
            }

            if (_framesHere > 0)
                _framesHere--;
            else
                group.Write(Unread[..size]);
            _start += size;
            return true;
        }

        if (_framesHere > 0)
        {
            await SkipAsync(size).ConfigureAwait(false);
            _framesHere--;
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

    /// <summary>Passes a large frame that another stream has brought.</summary>
    private async ValueTask SkipAsync(int size)
    {
        var missing = size - Math.Min(size, _end - _start);
        _start += size - missing;
        while (missing > 0)
        {
            var count = await _stream.ReadAsync(_buffer.AsMemory(0, Math.Min(missing, _buffer.Length))).ConfigureAwait(false);
            if (count == 0)
                throw WrongSize(size, size - missing);
            missing -= count;
            _start = _end = 0;
        }
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

        // More has come than a small group has.
        if (_buffer == _firstBuffer && (_end == _buffer.Length || _lastFrame > FirstBufferSize))
            Grow();

        return _buffer.AsMemory(_end, Math.Min(most, _buffer.Length - _end));
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(BufferSize);
        Unread.CopyTo(larger);
        (_start, _end) = (0, _end - _start);
        _buffer = larger;
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
