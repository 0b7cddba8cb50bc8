using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Sends one group of one subscription on a stream of its own: straight from the cache's memory, frame by frame as they are written.</summary>
internal sealed class GroupPublisher(TrackPublisher owner, GroupConsumer group)
{
    private ISendStream? _stream;
    private bool _isWritten;

    public long CreatedAt => group.CreatedAt;

    /// <summary>True once the transport has all of it, and only the acknowledgement is missing.</summary>
    public bool IsWritten => Volatile.Read(ref _isWritten);

    /// <summary>Why the cache has let go of the group, or null.</summary>
    public MoqErrorCode? AbortCode => group.AbortCode;

    /// <summary>Gives the group up, also while a write waits for the peer. Any thread.</summary>
    public void Reset(MoqErrorCode code) => Volatile.Read(ref _stream)?.Reset(code);

    public async Task RunAsync(CancellationToken cancelled)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(GroupHeader.MaxSize);
        try
        {
            var stream = await owner.Session.Connection.OpenUniAsync(cancelled).ConfigureAwait(false);
            Volatile.Write(ref _stream, stream);
            try
            {
                await SendAsync(stream, scratch, cancelled).ConfigureAwait(false);
            }
            catch (MoqException failure)
            {
                stream.Reset(failure.Code);
            }
            catch (OperationCanceledException)
            {
                stream.Reset(MoqErrorCode.Cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Unsubscribed before the peer allowed another stream.
        }
        catch (Exception failure) when (failure is TransportStreamException or TransportClosedException)
        {
            // The peer does not want this group, or the cache has let go of it; the subscription goes on.
        }
        finally
        {
            group.Dispose();
            ArrayPool<byte>.Shared.Return(scratch);
            owner.OnDone(this);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ISendStream stream, byte[] scratch, CancellationToken cancelled)
    {
        var version = owner.Session.Version;
        var length = new GroupHeader(owner.Id, group.Sequence).EncodeOpening(scratch, version);
        await stream.WriteAsync(scratch.AsMemory(0, length), CancellationToken.None).ConfigureAwait(false);
        do
        {
            while (group.TryRead(out var payload))
            {
                length = FrameHeader.Write(scratch, (ulong)payload.Length, version);
                await stream.WriteBlockAsync(scratch.AsMemory(0, length), payload, CancellationToken.None).ConfigureAwait(false);
            }
        }
        while (await group.WaitAsync(cancelled).ConfigureAwait(false));

        stream.Finish();
        Volatile.Write(ref _isWritten, true);
        owner.OnWritten();
        await stream.Closed.ConfigureAwait(false);
    }
}
