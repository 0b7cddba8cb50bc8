using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends one group of one subscription on a stream of its own: straight from the memory of the cache, frame by frame as they are written.
/// It holds the group until the peer has it, so that it can be reset wherever it is. A group that is there whole is sent without a wait,
/// and the transport notifies it of the acknowledgement, because groups may be short and many.
/// </summary>
internal sealed class GroupPublisher : IGroupWatcher, IStreamEndObserver
{
    private readonly TrackPublisher _owner;
    private readonly GroupConsumer _group;
    private ISendStream? _stream;
    private bool _isWritten;
    private uint _resetCode;
    private bool _isReset;

    // Writing, and the end of the stream.
    private int _open = 2;

    public GroupPublisher(TrackPublisher owner, GroupConsumer group, long number)
    {
        _owner = owner;
        _group = group;
        Number = number;
        Place = new LinkedListNode<GroupPublisher>(this);
    }

    /// <summary>Gets the place among the groups of the subscription that are on their way.</summary>
    public LinkedListNode<GroupPublisher> Place { get; }

    /// <summary>Gets the number among the groups of the subscription, from 0.</summary>
    public long Number { get; }

    /// <summary>Gets the number of the group in its track.</summary>
    public ulong Sequence => _group.Sequence;

    /// <summary>Gets when the group began, by the clock of the track.</summary>
    public long CreatedAt => _group.CreatedAt;

    /// <summary>Gets how many bytes were handed to the stream.</summary>
    public long Handed { get; private set; }

    /// <summary>Gets a value indicating whether the transport has all of it, and only the acknowledgement is missing.</summary>
    public bool IsWritten => Volatile.Read(ref _isWritten);

    /// <summary>Gets a value indicating whether it was reset because it is too old.</summary>
    public bool IsOld { get; private set; }

    /// <summary>Gets when the cache dropped the group, which was whole in the queue of its stream then, or 0.</summary>
    public long DroppedAt { get; private set; }

    private bool IsSent => Volatile.Read(ref _stream) is IScheduledStream { IsSent: true };

    private SendWindow Window => _owner.Window;

    /// <summary>Resets the group from now on when the cache drops it.</summary>
    public void Watch() => _group.Watch(this);

    /// <summary>Sets the stream. Under the lock of the window.</summary>
    public void SetStream(ISendStream stream, SendOrder order)
    {
        (stream as IScheduledStream)?.Schedule(order);
        Volatile.Write(ref _stream, stream);
    }

    /// <summary>Changes the place of its stream among those of the connection.</summary>
    public void Schedule(SendOrder order) => (Volatile.Read(ref _stream) as IScheduledStream)?.Schedule(order);

    /// <summary>Gives it up because the subscriber does not want it any more beside a newer group.</summary>
    public void ResetOld()
    {
        IsOld = true;
        OnDropped(MoqErrorCode.Old);
    }

    /// <summary>
    /// Gives up what the cache has dropped. What has been sent whole is only to be acknowledged: resetting it would take it from a peer
    /// that nearly has it. What is whole in the queue of the stream gets some time to go out, because a writer that is faster than any
    /// path drops groups sooner than the fastest path takes them.
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

    /// <summary>Gives it up unless it has gone out: its time in the queue is over.</summary>
    public void ResetUnlessSent()
    {
        DroppedAt = 0;
        if (IsSent)
            return;
        Reset(MoqErrorCode.Evicted);
        _owner.OnDropped(this, MoqErrorCode.Evicted);
    }

    /// <summary>Gives the group up, also while a write waits for the peer. Any thread.</summary>
    public void Reset(MoqErrorCode code)
    {
        _resetCode = code.Value;
        if (!_isReset)
            _owner.OnReset(code);
        Volatile.Write(ref _isReset, true);
        if (Window.TryLeave(Place))
            _group.Dispose();
        else
            Volatile.Read(ref _stream)?.Reset(code);
    }

    /// <summary>Sends the group on its stream.</summary>
    public void Send(ISendStream stream)
    {
        try
        {
            // It may have been given up while it got its stream.
            if (Volatile.Read(ref _isReset))
                stream.Reset(new MoqErrorCode(_resetCode));
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
            _owner.OnRefused(StreamCodes.FromWire(end.Code) is { } code ? new MoqErrorCode(code) : MoqErrorCode.Transport);
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
        // The header of the group goes with its first frame.
        var header = new GroupHeader(_owner.Id, _group.Sequence).EncodeOpening(scratch, version);
        do
        {
            while (_group.TryRead(out var payload))
            {
                header += FrameHeader.Write(scratch.AsSpan(header), (ulong)payload.Length, version);
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
