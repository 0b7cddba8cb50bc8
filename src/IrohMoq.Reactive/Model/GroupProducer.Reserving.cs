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
    /// Returns memory for the payload of the next frame. Fill it, then call <see cref="CommitFrame"/> or
    /// <see cref="CommitFrameAsync"/>. The memory must not be used after that.
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
    /// The memory is kept then, so that the frame can be committed with <see cref="CommitFrameAsync"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or greater than the size of the memory.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    public void CommitFrame(int length)
    {
        _ = _reservation.Peek(length);
        if (Track.Options.Lossless)
        {
            lock (Gate)
                Track.Writers.ThrowIfNoRoom(this, nameof(CommitFrameAsync));
        }

        CommitNow(length);
    }

    /// <summary>
    /// Writes the frame that was filled into the memory of <see cref="GetFrameMemory"/>. On a lossless track, the method first waits until
    /// the slowest reader has made room. See <see cref="CommitFrame"/>.
    /// </summary>
    /// <param name="length">The number of bytes of the frame, from 0 to the size of the memory.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not written, and its memory is kept.</param>
    /// <exception cref="InvalidOperationException">No memory was requested since the last commit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or greater than the size of the memory.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask CommitFrameAsync(int length, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        try
        {
            _ = _reservation.Peek(length);
            var room = Track.Options.Lossless ? Track.Writers.WaitForRoomAsync(this, cancellationToken) : default;
            if (!room.IsCompletedSuccessfully)
                return CommitAfterAsync(room, length);
            CommitNow(length);
            return default;
        }
        catch (Exception failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CommitAfterAsync(ValueTask room, int length)
    {
        await room.ConfigureAwait(false);
        CommitNow(length);
    }

    private void CommitNow(int length)
    {
        if (_reservation.TryTake(length, out var slice))
        {
            Commit(slice);
            return;
        }

        try
        {
            WriteNow(_reservation.Peek(length).Span);
        }
        finally
        {
            _reservation.Release();
        }
    }
}
