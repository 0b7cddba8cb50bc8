using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <content>
/// Provides the way to write a frame without a copy: get memory, fill it, commit the frame. The memory goes to the cache and to the
/// transport as it is.
/// </content>
public sealed partial class GroupProducer
{
    private FrameReservation _reservation;

    /// <summary>
    /// Returns memory for the payload of the next frame. Fill it, then call <see cref="CommitFrame(int)"/> or
    /// <see cref="CommitFrameAsync(int, CancellationToken)"/>. The memory must not be used after that.
    /// </summary>
    /// <param name="size">The size of the memory, in bytes, from 0 to <see cref="MaxFrameSize"/>.</param>
    /// <returns>
    /// The memory. It is not cleared: it may contain bytes of earlier frames. It replaces memory that was returned before and not
    /// committed.
    /// </returns>
    /// <remarks>
    /// The memory is released by the commit, and by <see cref="Finish"/>, <see cref="Abort"/> and <see cref="Dispose"/>, which only the
    /// writer may call while it fills the memory.
    /// </remarks>
    /// <exception cref="MoqStreamException">The frame is too large.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    public Memory<byte> GetFrameMemory(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        FrameList.ThrowIfTooLarge(size);
        return _reservation.Reserve(Track.Pool, size);
    }

    /// <summary>
    /// Writes the frame that was filled into the memory of <see cref="GetFrameMemory"/>. A frame that is small, or much shorter than its
    /// memory, is copied once; any other is not copied.
    /// </summary>
    /// <param name="length">The number of bytes of the frame, from 0 to the size of the memory.</param>
    /// <exception cref="InvalidOperationException">
    /// No memory was requested since the last commit, or the track is lossless, and its slowest reader has not read enough to make room.
    /// The memory is kept then, so that the frame can be committed with <see cref="CommitFrameAsync(int, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or greater than the size of the memory.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    public void CommitFrame(int length) => CommitIfRoom(length, Track.Now);

    /// <summary>Writes the frame like <see cref="CommitFrame(int)"/>, with a timestamp.</summary>
    /// <param name="length">The number of bytes of the frame, from 0 to the size of the memory.</param>
    /// <param name="timestamp">The media time of the frame, 0 or more, as in <see cref="Write(ReadOnlySpan{byte}, TimeSpan)"/>.</param>
    /// <exception cref="InvalidOperationException">
    /// No memory was requested since the last commit, or the track is lossless, and its slowest reader has not read enough to make room.
    /// The memory is kept then.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The length is negative or greater than the size of the memory, or the timestamp is negative or too large for the timescale.
    /// </exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    public void CommitFrame(int length, TimeSpan timestamp) => CommitIfRoom(length, Track.ToMediaTime(timestamp));

    /// <summary>
    /// Writes the frame that was filled into the memory of <see cref="GetFrameMemory"/>. On a lossless track, the method first waits until
    /// the slowest reader has made room. See <see cref="CommitFrame(int)"/>.
    /// </summary>
    /// <param name="length">The number of bytes of the frame, from 0 to the size of the memory.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not written, and its memory is kept.</param>
    /// <exception cref="InvalidOperationException">No memory was requested since the last commit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or greater than the size of the memory.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public ValueTask CommitFrameAsync(int length, CancellationToken cancellationToken = default) =>
        CommitAsync(length, Track.Now, cancellationToken);
#pragma warning restore RS0026

    /// <summary>Writes the frame like <see cref="CommitFrameAsync(int, CancellationToken)"/>, with a timestamp.</summary>
    /// <param name="length">The number of bytes of the frame, from 0 to the size of the memory.</param>
    /// <param name="timestamp">The media time of the frame, 0 or more, as in <see cref="Write(ReadOnlySpan{byte}, TimeSpan)"/>.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not written, and its memory is kept.</param>
    /// <exception cref="InvalidOperationException">No memory was requested since the last commit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The length is negative or greater than the size of the memory, or the timestamp is negative or too large for the timescale.
    /// </exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public ValueTask CommitFrameAsync(int length, TimeSpan timestamp, CancellationToken cancellationToken = default) =>
        CommitAsync(length, Track.ToMediaTime(timestamp), cancellationToken);
#pragma warning restore RS0026

    private void CommitIfRoom(int length, long timestamp)
    {
        _ = _reservation.Peek(length);
        if (Track.Options.Lossless)
        {
            lock (Gate)
                Track.Writers.ThrowIfNoRoom(this, nameof(CommitFrameAsync));
        }

        CommitNow(length, timestamp);
    }

    private ValueTask CommitAsync(int length, long timestamp, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        try
        {
            _ = _reservation.Peek(length);
            var room = Track.Options.Lossless ? Track.Writers.WaitForRoomAsync(this, cancellationToken) : default;
            if (!room.IsCompletedSuccessfully)
                return CommitAfterAsync(room, length, timestamp);
            CommitNow(length, timestamp);
            return default;
        }
        catch (Exception failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CommitAfterAsync(ValueTask room, int length, long timestamp)
    {
        await room.ConfigureAwait(false);
        CommitNow(length, timestamp);
    }

    private void CommitNow(int length, long timestamp)
    {
        if (_reservation.TryTake(length, out var slice))
        {
            Commit(new CachedFrame(slice, timestamp));
            return;
        }

        try
        {
            WriteNow(_reservation.Peek(length).Span, timestamp);
        }
        finally
        {
            _reservation.Release();
        }
    }
}
