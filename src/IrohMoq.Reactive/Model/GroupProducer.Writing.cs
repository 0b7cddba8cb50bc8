using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <content>Writes frames whose payload is copied.</content>
public sealed partial class GroupProducer
{
    /// <summary>
    /// Writes a frame and copies its payload once. On a lossless track, use
    /// <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>, which waits until the slowest reader has made room.
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxFrameSize"/> bytes.</param>
    /// <exception cref="InvalidOperationException">
    /// The track is lossless, and its slowest reader has not read enough to make room.
    /// </exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <remarks>On a live track, old groups are dropped to make room.</remarks>
    public void Write(ReadOnlySpan<byte> payload) => WriteIfRoom(payload, Track.Now);

    /// <summary>
    /// Writes a frame with a timestamp, and copies its payload once. On a lossless track, use
    /// <see cref="WriteAsync(ReadOnlyMemory{byte}, TimeSpan, CancellationToken)"/>, which waits until the slowest reader has made room.
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxFrameSize"/> bytes.</param>
    /// <param name="timestamp">
    /// The media time of the frame, 0 or more. It is rounded to the <see cref="TrackOptions.Timescale"/>, and may be lower than that of the
    /// frame before. Without a timestamp, it is the time since the broadcast was created.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The timestamp is negative, or too large for the timescale.</exception>
    /// <exception cref="InvalidOperationException">
    /// The track is lossless, and its slowest reader has not read enough to make room.
    /// </exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    public void Write(ReadOnlySpan<byte> payload, TimeSpan timestamp) => WriteIfRoom(payload, Track.ToMediaTime(timestamp));

    /// <summary>
    /// Writes a frame and copies its payload once. On a lossless track, the method first waits until the slowest reader has made room.
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxFrameSize"/> bytes.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not written.</param>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        WriteAsync(payload, Track.Now, cancellationToken);
#pragma warning restore RS0026

    /// <summary>
    /// Writes a frame with a timestamp, and copies its payload once. On a lossless track, the method first waits until the slowest reader
    /// has made room.
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxFrameSize"/> bytes.</param>
    /// <param name="timestamp">The media time of the frame, 0 or more, as in <see cref="Write(ReadOnlySpan{byte}, TimeSpan)"/>.</param>
    /// <param name="cancellationToken">The token that cancels the wait. The frame is then not written.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timestamp is negative, or too large for the timescale.</exception>
    /// <exception cref="MoqStreamException">
    /// The group has ended, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, TimeSpan timestamp, CancellationToken cancellationToken = default) =>
        WriteAsync(payload, Track.ToMediaTime(timestamp), cancellationToken);
#pragma warning restore RS0026

    /// <summary>Writes a frame with a timestamp in units of the track's timescale.</summary>
    internal void WriteNow(ReadOnlySpan<byte> payload, long timestamp)
    {
        FrameList.ThrowIfTooLarge(payload.Length);
        if (!FrameList.IsSmall(payload.Length))
        {
            var block = Track.Pool.Rent(payload.Length);
            payload.CopyTo(block.Span);
            Commit(new CachedFrame(new BlockSlice(block, 0, payload.Length), timestamp));
            return;
        }

        lock (Gate)
        {
            ThrowIfRefused(payload.Length);
            OnWritten(_frames.AddCopy(Track.Pool, payload, timestamp), timestamp);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAfterAsync(ValueTask room, ReadOnlyMemory<byte> payload, long timestamp)
    {
        await room.ConfigureAwait(false);
        WriteNow(payload.Span, timestamp);
    }

    private void WriteIfRoom(ReadOnlySpan<byte> payload, long timestamp)
    {
        if (Track.Options.Lossless)
        {
            lock (Gate)
                Track.Writers.ThrowIfNoRoom(this, nameof(WriteAsync));
        }

        WriteNow(payload, timestamp);
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> payload, long timestamp, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        try
        {
            FrameList.ThrowIfTooLarge(payload.Length);
            var room = Track.Options.Lossless ? Track.Writers.WaitForRoomAsync(this, cancellationToken) : default;
            if (!room.IsCompletedSuccessfully)
                return WriteAfterAsync(room, payload, timestamp);
            WriteNow(payload.Span, timestamp);
            return default;
        }
        catch (MoqStreamException failure)
        {
            return ValueTask.FromException(failure);
        }
    }
}
