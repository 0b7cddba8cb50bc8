using System.Net.Quic;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents the direction of a stream that the peer writes, as the application uses it.</summary>
internal sealed class QuicReceiveStream(QuicTransportConnection connection, QuicStreamHandle handle) : IReceiveStream
{
    private readonly QuicStream _stream = handle.Stream;

    /// <summary>How the direction has ended, or null. Only the first end counts.</summary>
    private DirectionEnd? _end;

    public long Id { get; } = handle.Stream.Id;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
            throw new ArgumentException("A read needs room for at least one byte.", nameof(destination));
        if (cancellationToken.IsCancellationRequested)
        {
            Stop(0);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (Volatile.Read(ref _end) is { } end)
            return end.IsFinished ? 0 : throw end.ToException(Id);
        connection.ThrowIfClosedHere();
        var count = await ReadOrFailAsync(destination, cancellationToken).ConfigureAwait(false);
        if (count == 0)
            TryEnd(DirectionEnd.Finished);
        return count;
    }

    public void Stop(ulong code)
    {
        QuicTransportConnection.ThrowIfNoCode(code);
        if (Interlocked.CompareExchange(ref _end, new DirectionEnd(code, IsRemote: false), null) is not null)
            return;
        // Before the handle is disposed, which would stop the stream with another code.
        handle.Abort(QuicAbortDirection.Read, code);
        handle.OnDirectionEnded();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadOrFailAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        // The token is not passed on: a canceled read of System.Net.Quic stops the stream before its end is noted here.
        var canceling = default(CancellationTokenRegistration);
        try
        {
#pragma warning disable CA2016
            var reading = _stream.ReadAsync(destination);
#pragma warning restore CA2016
            if (!reading.IsCompleted)
                canceling = cancellationToken.UnsafeRegister(static stream => ((QuicReceiveStream)stream!).Stop(0), this);
            return await reading.ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is (not InvalidOperationException) or ObjectDisposedException)
        {
            if (failure is QuicException { QuicError: QuicError.StreamAborted } reset)
                TryEnd(new DirectionEnd((ulong)(reset.ApplicationErrorCode ?? 0), IsRemote: true));
            if (Volatile.Read(ref _end) is not { } end)
                throw new TransportClosedException(connection.EndWith(failure));
            cancellationToken.ThrowIfCancellationRequested();
            throw end.ToException(Id);
        }
        finally
        {
            canceling.Unregister();
        }
    }

    private void TryEnd(DirectionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is null)
            handle.OnDirectionEnded();
    }
}
