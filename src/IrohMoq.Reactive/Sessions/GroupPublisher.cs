using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Sends one group of one subscription on a stream of its own: straight from the cache's memory, frame by frame as they are written. It holds the group until the peer has it, so that it can be reset wherever it lies.</summary>
internal sealed class GroupPublisher
{
    private readonly TrackPublisher _owner;
    private readonly GroupConsumer _group;
    private ISendStream? _stream;
    private bool _isWritten;
    private uint _resetCode;
    private bool _isReset;

    public GroupPublisher(TrackPublisher owner, GroupConsumer group, long number)
    {
        _owner = owner;
        _group = group;
        Number = number;
        Place = new LinkedListNode<GroupPublisher>(this);
    }

    /// <summary>Its place among the groups of the subscription that are under way.</summary>
    public LinkedListNode<GroupPublisher> Place { get; }

    /// <summary>The how manieth group of the subscription it is, from 0.</summary>
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
    public void Watch() => _group.WatchDrop(Drop);

    public void Schedule(SendOrder order) => (Volatile.Read(ref _stream) as IScheduledStream)?.Schedule(order);

    /// <summary>The subscriber does not want it any more beside a newer one.</summary>
    public void ResetOld()
    {
        IsOld = true;
        Drop(MoqErrorCode.Old);
    }

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
        _ = RunAsync(stream);
    }

    /// <summary>What has been sent whole is only to be acknowledged: resetting it would take it from a peer that nearly has it.</summary>
    private void Drop(MoqErrorCode code)
    {
        if (IsWritten && Volatile.Read(ref _stream) is IScheduledStream { IsSent: true })
            return;
        Reset(code);
        _owner.OnDropped(this, code);
    }

    private async Task RunAsync(ISendStream stream)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(GroupHeader.MaxSize);
        try
        {
            await SendAsync(stream, scratch).ConfigureAwait(false);
        }
        catch (MoqException failure)
        {
            stream.Reset(failure.Code);
        }
        catch (TransportStreamException failure)
        {
            // The peer does not want this group, or the cache has let go of it; the subscription goes on.
            if (failure.IsRemote)
                _owner.OnRefused(failure.ProtocolCode());
        }
        catch (TransportClosedException)
        {
            // The session's end tells why.
        }
        catch (Exception fault)
        {
            _owner.Session.Log.StreamFailed(_owner.Session.RemoteName, fault);
            stream.Reset(MoqErrorCode.Transport);
        }
        finally
        {
            _group.Dispose();
            ArrayPool<byte>.Shared.Return(scratch);
            _owner.OnDone(Place);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ISendStream stream, byte[] scratch)
    {
        var version = _owner.Session.Version;
        var length = new GroupHeader(_owner.Id, _group.Sequence).EncodeOpening(scratch, version);
        await stream.WriteAsync(scratch.AsMemory(0, length), CancellationToken.None).ConfigureAwait(false);
        do
        {
            while (_group.TryRead(out var payload))
            {
                length = FrameHeader.Write(scratch, (ulong)payload.Length, version);
                Handed += length + payload.Length;
                _owner.OnHanded(length + payload.Length);
                await stream.WriteBlockAsync(scratch.AsMemory(0, length), payload, CancellationToken.None).ConfigureAwait(false);
            }
        }
        while (await _group.WaitAsync(CancellationToken.None).ConfigureAwait(false));

        stream.Finish();
        _owner.OnWritten();
        Volatile.Write(ref _isWritten, true);
        var end = await stream.Closed.ConfigureAwait(false);
        if (end.Cause == StreamEndCause.Stopped)
            _owner.OnRefused(StreamCodes.FromWire(end.Code) is { } code ? new MoqErrorCode(code) : MoqErrorCode.Transport);
    }
}
