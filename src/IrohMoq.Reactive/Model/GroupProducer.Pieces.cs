using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <content>Writes a frame in pieces, which are sent and can be read before the frame is complete.</content>
public sealed partial class GroupProducer
{
    /// <summary>
    /// Begins a frame that is written in pieces, for a payload that is large or not known as a whole. On a lossless track, use
    /// <see cref="BeginFrameAsync"/>, which waits until the slowest reader has made room.
    /// </summary>
    /// <param name="size">The size of the payload of the whole frame, in bytes, from 0 to <see cref="MaxFrameSize"/>.</param>
    /// <param name="timestamp">
    /// The media time of the frame, 0 or more, as in <see cref="Write(ReadOnlySpan{byte}, TimeSpan)"/>; or null for the current time.
    /// </param>
    /// <returns>The frame. Finish it before anything else is written to the group.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The size is negative, or the timestamp is negative or too large for the timescale.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A frame has begun and is not finished; or the track is lossless, and its slowest reader has not read enough to make room.
    /// </exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <remarks>Memory is allocated as the pieces are written. See moq-lite, "FRAME".</remarks>
    public FrameProducer BeginFrame(int size, TimeSpan? timestamp = null)
    {
        var time = CheckFrame(size, timestamp);
        if (Track.Options.Lossless)
        {
            lock (Gate)
                Track.Writers.ThrowIfNoRoom(this, nameof(BeginFrameAsync));
        }

        return Begin(size, time);
    }

    /// <summary>
    /// Begins a frame that is written in pieces. On a lossless track, the method first waits until the slowest reader has made room. See
    /// <see cref="BeginFrame"/>.
    /// </summary>
    /// <param name="size">The size of the payload of the whole frame, in bytes, from 0 to <see cref="MaxFrameSize"/>.</param>
    /// <param name="timestamp">The media time of the frame, 0 or more, or null for the current time.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not begun.</param>
    /// <returns>The frame. Finish it before anything else is written to the group.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The size is negative, or the timestamp is negative or too large for the timescale.
    /// </exception>
    /// <exception cref="InvalidOperationException">A frame has begun and is not finished.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<FrameProducer> BeginFrameAsync(
        int size, TimeSpan? timestamp = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var time = CheckFrame(size, timestamp);
        if (Track.Options.Lossless)
            await Track.Writers.WaitForRoomAsync(this, cancellationToken).ConfigureAwait(false);
        return Begin(size, time);
    }

    private long CheckFrame(int size, TimeSpan? timestamp)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        FrameList.ThrowIfTooLarge(size);
        return timestamp is { } time ? Track.ToMediaTime(time) : Track.Now;
    }

    private FrameProducer Begin(int size, long timestamp)
    {
        lock (Gate)
        {
            ThrowIfRefused(size);
            return new FrameProducer(this, size, timestamp);
        }
    }

    /// <exception cref="InvalidOperationException">A frame has begun and is not finished.</exception>
    private void ThrowIfFrameIsOpen()
    {
        if (_received.Arriving is not null)
            throw new InvalidOperationException($"A frame of group {Sequence} of track '{Track.Name}' has begun. Finish it first.");
    }
}
