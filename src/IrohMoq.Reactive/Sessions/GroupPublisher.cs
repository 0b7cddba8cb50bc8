using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends one group of one subscription on a stream of its own, frame by frame, directly from the memory of the cache. A frame that has not
/// arrived completely is forwarded in the pieces in which it arrives. The group stays
/// referenced until the peer has acknowledged the stream, so that it can be reset at any time before. A complete group is sent without
/// an asynchronous wait, and the transport notifies this object of the acknowledgement, because groups may be short and many.
/// </summary>
internal sealed class GroupPublisher : IGroupWatcher, IStreamEndObserver
{
    private readonly TrackPublisher _owner;
    private readonly GroupConsumer _group;
    private ISendStream? _stream;
    private bool _isWritten;
    private int _isOld;
    private uint _resetCode;
    private bool _isReset;

    // The number of operations that have not ended: the writing, and the stream itself.
    private int _open = 2;

    public GroupPublisher(TrackPublisher owner, GroupConsumer group)
    {
        _owner = owner;
        _group = group;
        Place = new LinkedListNode<GroupPublisher>(this);
    }

    /// <summary>Gets the list node of this group among the groups of the subscription that are being sent.</summary>
    public LinkedListNode<GroupPublisher> Place { get; }

    /// <summary>Gets the sequence number of the group in its track.</summary>
    public ulong Sequence => _group.Sequence;

    /// <summary>Determines whether the group is older than a newer one by more than a time. It takes the lock of the track.</summary>
    public bool IsOlderThan(GroupPublisher newest, TimeSpan latency) => _group.IsOlderThan(newest._group, latency);

    /// <summary>Gets the number of bytes that were passed to the stream.</summary>
    public long Handed { get; private set; }

    /// <summary>
    /// Gets a value that indicates whether the whole group was passed to the transport, so that only the acknowledgement is missing.
    /// </summary>
    public bool IsWritten => Volatile.Read(ref _isWritten);

    /// <summary>Gets a value that indicates whether the group was reset because it is too old.</summary>
    public bool IsOld => Volatile.Read(ref _isOld) != 0;

    /// <summary>Gets the time at which the cache dropped the group while all of it was in the queue of its stream, or 0.</summary>
    public long DroppedAt { get; private set; }

    private bool IsSent => Volatile.Read(ref _stream) is IScheduledStream { IsSent: true };

    private SendWindow Window => _owner.Window;

    /// <summary>Starts to watch the cache, so that the stream is reset when the cache drops the group.</summary>
    public void Watch() => _group.Watch(this);

    /// <summary>Sets the stream of the group. The caller must hold the lock of the window.</summary>
    public void SetStream(ISendStream stream, SendOrder order)
    {
        (stream as IScheduledStream)?.Schedule(order);
        Volatile.Write(ref _stream, stream);
    }

    /// <summary>Changes the send priority of the group's stream among the streams of the connection.</summary>
    public void Schedule(SendOrder order) => (Volatile.Read(ref _stream) as IScheduledStream)?.Schedule(order);

    /// <summary>Resets the group because the subscriber no longer accepts it now that a newer group exists.</summary>
    public void ResetOld()
    {
        if (Interlocked.Exchange(ref _isOld, 1) == 0)
            OnDropped(MoqErrorCode.Old);
    }

    /// <summary>
    /// Handles that the cache has dropped the group. A group that was sent completely is not reset: it only waits for the
    /// acknowledgement, and a reset would take it from a peer that has received most of it. A group that is completely in the queue of
    /// the stream gets some more time, because a fast writer can drop groups sooner than any network path can send them.
    /// </summary>
    public void OnDropped(MoqErrorCode code)
    {
        if (IsWritten && code == MoqErrorCode.Evicted)
        {
            DroppedAt = _owner.Connection.Runtime.GetTimestamp();
            Window.OnDroppedInQueue();
            return;
        }

        if (IsWritten && IsSent)
            return;
        Reset(code);
        _owner.OnDropped(this, code);
    }

    /// <summary>Resets the group unless it was sent completely, because its extra time in the queue has elapsed.</summary>
    public void ResetUnlessSent()
    {
        DroppedAt = 0;
        if (IsSent)
            return;
        Reset(MoqErrorCode.Evicted);
        _owner.OnDropped(this, MoqErrorCode.Evicted);
    }

    /// <summary>Resets the group, even while a write waits for the peer. This method is thread-safe.</summary>
    public void Reset(MoqErrorCode code)
    {
        _resetCode = code.Value;
        if (!_isReset)
            _owner.OnReset(code);
        Volatile.Write(ref _isReset, true);
        if (Window.TryLeave(Place))
            _group.Dispose();
        else
            Volatile.Read(ref _stream)?.Reset(code, _owner.Connection.Version);
    }

    /// <summary>Sends the group on its stream.</summary>
    public void Send(ISendStream stream)
    {
        try
        {
            // The group may have been reset while its stream was opened.
            if (Volatile.Read(ref _isReset))
                stream.Reset(new MoqErrorCode(_resetCode), _owner.Connection.Version);
            if (stream is INotifyingStream notifying)
                notifying.NotifyEnd(this);
            else
                _ = WaitForEndAsync(stream);
        }
        catch (Exception fault)
        {
            _owner.Connection.Fail(fault);
            Close();
        }

        _ = RunAsync(stream);
    }

    public void OnStreamEnd(ISendStream stream, StreamEnd end)
    {
        if (end.Cause == StreamEndCause.Stopped)
            _owner.OnRefused(StreamExtensions.FromWire(end.Code, _owner.Connection.Version, isStopped: true));
        Close();
    }

    private async Task WaitForEndAsync(ISendStream stream)
    {
        var end = new StreamEnd(StreamEndCause.ConnectionClosed, 0);
        try
        {
            end = await stream.Closed.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _owner.Connection.Fail(fault);
        }

        OnStreamEnd(stream, end);
    }

    private async Task RunAsync(ISendStream stream)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(GroupHeader.MaxSize + FrameHeader.MaxSize);
        try
        {
            await SendAsync(stream, scratch).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _owner.Connection.GiveUp(stream, failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
            Close();
        }
    }

    private void Close()
    {
        if (Interlocked.Decrement(ref _open) > 0)
            return;
        _group.Dispose();
        Window.OnDone(Place);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ISendStream stream, byte[] scratch)
    {
        var version = _owner.Connection.Version;
        var timestamp = 0UL;
        // The header of the group is written together with the first frame.
        var header = new GroupHeader(_owner.Id, _group.Sequence, (ulong)_group.FirstFrame).EncodeOpening(scratch, version);
        do
        {
            while (_group.TryReadPiece(out var piece))
            {
                var payload = piece.Payload;
                if (piece.Offset == 0)
                {
                    var delta = version.HasTrackInfo ? TimestampDelta.Between(timestamp, (ulong)piece.Timestamp) : 0;
                    timestamp = (ulong)piece.Timestamp;
                    header += FrameHeader.Write(scratch.AsSpan(header), (ulong)piece.FrameLength, version, delta);
                }

                Handed += header + payload.Length;
                Window.OnHanded(header + payload.Length);
                await stream.WriteBlockAsync(scratch.AsMemory(0, header), payload, CancellationToken.None).ConfigureAwait(false);
                header = 0;
            }

            if (header > 0)
                await stream.WriteAsync(scratch.AsMemory(0, header), CancellationToken.None).ConfigureAwait(false);
            header = 0;
        }
        while (await _group.WaitAsync(CancellationToken.None).ConfigureAwait(false));

        stream.Finish();
        Window.OnWritten();
        Volatile.Write(ref _isWritten, true);
    }
}
