using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends one group of one subscription on a stream of its own: straight from the cache's memory, frame by frame as they are written. It holds the group until the peer has it, so that it can be reset wherever it lies.
/// A group that is there whole is sent without a wait, and its acknowledgement is told to it: groups may be short and many.
/// </summary>
internal sealed class GroupPublisher : IGroupWatcher, IStreamEndObserver
{
    private readonly TrackPublisher _owner;
    private readonly GroupConsumer _group;
    private ISendStream? _stream;
    private bool _isWritten;
    private uint _resetCode;
    private bool _isReset;

    // Writing, and the stream's end.
    private int _open = 2;

    public GroupPublisher(TrackPublisher owner, GroupConsumer group, long number)
    {
        _owner = owner;
        _group = group;
        Number = number;
        Place = new LinkedListNode<GroupPublisher>(this);
    }

    /// <summary>Its place among the groups of the subscription that are under way.</summary>
    public LinkedListNode<GroupPublisher> Place { get; }

    /// <summary>Its number among the groups of the subscription, from 0.</summary>
    public long Number { get; }

    public ulong Sequence => _group.Sequence;

    public long CreatedAt => _group.CreatedAt;

    /// <summary>How many bytes were handed to the stream.</summary>
    public long Handed { get; private set; }

    /// <summary>True once the transport has all of it, and only the acknowledgement is missing.</summary>
    public bool IsWritten => Volatile.Read(ref _isWritten);

    /// <summary>True once it was reset because it is too old.</summary>
    public bool IsOld { get; private set; }

    /// <summary>From now on it is reset when the cache drops the group.</summary>
    public void Watch() => _group.Watch(this);

    public void Schedule(SendOrder order) => (Volatile.Read(ref _stream) as IScheduledStream)?.Schedule(order);

    /// <summary>The subscriber does not want it any more beside a newer one.</summary>
    public void ResetOld()
    {
        IsOld = true;
        OnDropped(MoqErrorCode.Old);
    }

    /// <summary>When the cache dropped the group, which was whole in its stream's queue then, or 0.</summary>
    public long DroppedAt { get; private set; }

    /// <summary>
    /// What has been sent whole is only to be acknowledged: resetting it would take it from a peer that nearly has it. What is whole in the stream's queue gets a moment to go out, because a writer that is faster than any path drops
    /// groups sooner than the fastest one takes them.
    /// </summary>
    public void OnDropped(MoqErrorCode code)
    {
        if (IsWritten && code == MoqErrorCode.Evicted)
        {
            DroppedAt = _owner.Connection.Runtime.GetTimestamp();
            _owner.OnDroppedInQueue();
            return;
        }

        if (IsWritten && IsSent)
            return;
        Reset(code);
        _owner.OnDropped(this, code);
    }

    /// <summary>The moment is over: what has not gone out is given up.</summary>
    public void ResetUnlessSent()
    {
        DroppedAt = 0;
        if (IsSent)
            return;
        Reset(MoqErrorCode.Evicted);
        _owner.OnDropped(this, MoqErrorCode.Evicted);
    }

    private bool IsSent => Volatile.Read(ref _stream) is IScheduledStream { IsSent: true };

    /// <summary>Gives the group up, also while a write waits for the peer. Any thread.</summary>
    public void Reset(MoqErrorCode code)
    {
        _resetCode = code.Value;
        if (!_isReset)
            _owner.OnReset(code);
        Volatile.Write(ref _isReset, true);
        if (_owner.TryLeave(Place))
            _group.Dispose();
        else
            Volatile.Read(ref _stream)?.Reset(code);
    }

    /// <summary>Sends it on this stream.</summary>
    public void Send(ISendStream stream)
    {
        Volatile.Write(ref _stream, stream);
        // Given up in the very moment in which it got its stream.
        if (Volatile.Read(ref _isReset))
            stream.Reset(new MoqErrorCode(_resetCode));
        if (stream is INotifyingStream notifying)
            notifying.NotifyEnd(this);
        else
            _ = WaitForEndAsync(stream);
        _ = RunAsync(stream);
    }

    public void OnStreamEnd(ISendStream stream, StreamEnd end)
    {
        if (end.Cause == StreamEndCause.Stopped)
            _owner.OnRefused(StreamCodes.FromWire(end.Code) is { } code ? new MoqErrorCode(code) : MoqErrorCode.Transport);
        Close();
    }

    private async Task WaitForEndAsync(ISendStream stream) => OnStreamEnd(stream, await stream.Closed.ConfigureAwait(false));

    private async Task RunAsync(ISendStream stream)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(GroupHeader.MaxSize + FrameHeader.MaxSize);
        try
        {
            await SendAsync(stream, scratch).ConfigureAwait(false);
        }
        catch (MoqException failure)
        {
            stream.Reset(failure.Code);
        }
        catch (Exception end) when (end is TransportStreamException or TransportClosedException)
        {
            // The peer does not want this group, or the cache has let go of it: the stream's end tells.
        }
        catch (Exception fault)
        {
            _owner.Connection.Log.StreamFailed(_owner.Connection.RemoteName, fault);
            stream.Reset(MoqErrorCode.Transport);
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
        _owner.OnDone(Place);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ISendStream stream, byte[] scratch)
    {
        var version = _owner.Connection.Version;
        // The group's header goes with its first frame.
        var header = new GroupHeader(_owner.Id, _group.Sequence).EncodeOpening(scratch, version);
        do
        {
            while (_group.TryRead(out var payload))
            {
                header += FrameHeader.Write(scratch.AsSpan(header), (ulong)payload.Length, version);
                Handed += header + payload.Length;
                _owner.OnHanded(header + payload.Length);
                await stream.WriteBlockAsync(scratch.AsMemory(0, header), payload, CancellationToken.None).ConfigureAwait(false);
                header = 0;
            }

            if (header > 0)
                await stream.WriteAsync(scratch.AsMemory(0, header), CancellationToken.None).ConfigureAwait(false);
            header = 0;
        }
        while (await _group.WaitAsync(CancellationToken.None).ConfigureAwait(false));

        stream.Finish();
        _owner.OnWritten();
        Volatile.Write(ref _isWritten, true);
    }
}
