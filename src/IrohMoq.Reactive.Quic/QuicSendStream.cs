using System.Buffers;
using System.Net.Quic;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents the direction of a stream that this side writes, as the application uses it.</summary>
internal sealed class QuicSendStream(QuicTransportConnection connection, QuicStreamHandle handle)
    : ISendStream, IScheduledStream, INotifyingStream
{
    /// <summary>
    /// The maximum number of bytes that are handed to System.Net.Quic at once. It copies a write as a whole, however long it is, and sends
    /// all streams in the order of the writes.
    /// </summary>
    private const int MaxWrite = WriteSchedule.MaxInFlight;

    private readonly Lock _gate = new();
    private readonly QuicStream _stream = handle.Stream;

    // Bidirectional streams are never delayed.
    private readonly WriteTurn? _turn =
        handle.Stream.Type == QuicStreamType.Unidirectional ? new WriteTurn(QuicTransportConnection.Runtime) : null;

    private Completion<StreamEnd>? _closed;
    private IStreamEndObserver? _observer;
    private StreamEnd? _end;
    private ulong? _reset;
    private bool _isFinished;

    public long Id { get; } = handle.Stream.Id;

    /// <summary>
    /// Gets a value that indicates whether everything has been acknowledged: System.Net.Quic does not report what it has sent.
    /// </summary>
    public bool IsSent
    {
        get
        {
            lock (_gate)
                return _end is { Cause: StreamEndCause.Acknowledged };
        }
    }

    public Task<StreamEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new Completion<StreamEnd>(QuicTransportConnection.Runtime);
                    if (_end is { } end)
                        _closed.TrySet(end);
                }

                return _closed.Task;
            }
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        WriteBlockAsync(bytes, default, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Failure() is { } failure)
            throw failure;
        if (slice.Length == 0)
        {
            await WriteInPartsAsync(header, cancellationToken).ConfigureAwait(false);
            return;
        }

        slice.Block.Retain();
        try
        {
            await WriteBothAsync(header, slice.Memory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            slice.Block.Release();
        }
    }

    public void Schedule(SendOrder order)
    {
        if (_turn is not null)
            connection.Writes.Reorder(_turn, order);
    }

    public void Finish()
    {
        lock (_gate)
        {
            if (_isFinished || _reset is not null || _end is not null)
                return;
            _isFinished = true;
        }

        try
        {
            _stream.CompleteWrites();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended at the same time, and the stream with it.
        }
    }

    public void Reset(ulong code)
    {
        QuicTransportConnection.ThrowIfNoCode(code);
        lock (_gate)
        {
            if (_reset is not null || _end is not null)
                return;
            _reset = code;
        }

        EndTurn();
        handle.Abort(QuicAbortDirection.Write, code);
    }

    public void NotifyEnd(IStreamEndObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            if (_observer is not null)
                throw new InvalidOperationException($"The end of stream {Id} has an observer already.");
            _observer = observer;
            if (_end is not { } end)
                return;
            connection.Notices.Add(observer, this, end);
        }

        connection.Notices.Send();
    }

    /// <summary>Begins to wait for the end of the stream.</summary>
    internal void Watch() => _ = WatchAsync();

    private async Task WatchAsync()
    {
        StreamEnd end;
        try
        {
            await _stream.WritesClosed.ConfigureAwait(false);
            end = new StreamEnd(StreamEndCause.Acknowledged, 0);
        }
        catch (QuicException stopped) when (stopped.QuicError == QuicError.StreamAborted)
        {
            end = new StreamEnd(StreamEndCause.Stopped, (ulong)(stopped.ApplicationErrorCode ?? 0));
        }
        catch (Exception failure)
        {
            ulong? reset;
            lock (_gate)
                reset = _reset;
            end = reset is { } code ? new StreamEnd(StreamEndCause.Reset, code) : new StreamEnd(StreamEndCause.ConnectionClosed, 0);
            if (reset is null)
                connection.EndWith(failure);
        }

        lock (_gate)
        {
            _end = end;
            if (_observer is not null)
                connection.Notices.Add(_observer, this, end);
            _closed?.TrySet(end);
        }

        EndTurn();
        connection.Notices.Send();
        handle.OnDirectionEnded();
    }

    /// <summary>Writes a header and the beginning of a body at once: System.Net.Quic is slow with short writes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteBothAsync(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (header.IsEmpty || header.Length >= MaxWrite)
        {
            await WriteInPartsAsync(header, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var first = Math.Min(MaxWrite - header.Length, body.Length);
            var joined = ArrayPool<byte>.Shared.Rent(header.Length + first);
            try
            {
                header.CopyTo(joined);
                body[..first].CopyTo(joined.AsMemory(header.Length));
                await WritePartAsync(joined.AsMemory(0, header.Length + first), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(joined);
            }

            body = body[first..];
        }

        await WriteInPartsAsync(body, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteInPartsAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, MaxWrite)];
            await WritePartAsync(part, cancellationToken).ConfigureAwait(false);
            bytes = bytes[part.Length..];
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WritePartAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        // The token is not passed on: a canceled write of System.Net.Quic resets the stream before the reset is noted here.
        var canceling = default(CancellationTokenRegistration);
        try
        {
            if (_turn is not null && !connection.Writes.TryBegin(_turn, part.Length))
            {
                canceling = ResetOn(cancellationToken);
                await _turn.WaitAsync(connection.Writes).ConfigureAwait(false);
            }

#pragma warning disable CA2016
            var writing = _stream.WriteAsync(part);
#pragma warning restore CA2016
            if (!writing.IsCompleted && canceling == default)
                canceling = ResetOn(cancellationToken);
            await writing.ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is (not InvalidOperationException) or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (failure is QuicException { QuicError: QuicError.StreamAborted } stopped)
                throw Stopped((ulong)(stopped.ApplicationErrorCode ?? 0));
            throw Failure() ?? new TransportClosedException(connection.EndWith(failure));
        }
        finally
        {
            canceling.Unregister();
            if (_turn is not null)
                connection.Writes.Complete(_turn);
        }
    }

    private CancellationTokenRegistration ResetOn(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static stream => ((QuicSendStream)stream!).Reset(0), this);

    private void EndTurn()
    {
        if (_turn is not null)
            connection.Writes.End(_turn);
    }

    /// <summary>Returns the exception for a write to a stream that has ended, or null.</summary>
    private IOException? Failure()
    {
        lock (_gate)
        {
            return _end switch
            {
                { Cause: StreamEndCause.Stopped, Code: var code } => Stopped(code),
                { Cause: StreamEndCause.ConnectionClosed } => Closed(),
                _ when _reset is { } code => new TransportStreamException(code, false, $"Stream {Id} was reset with code {code}."),
                _ when _isFinished => new TransportStreamException(0, false, $"Stream {Id} is finished: nothing can be written to it."),
                _ => Closed(),
            };
        }

        TransportClosedException? Closed() => connection.End is { } end ? new TransportClosedException(end) : null;
    }

    private TransportStreamException Stopped(ulong code) => new(code, true, $"The peer stopped stream {Id} with code {code}.");
}
