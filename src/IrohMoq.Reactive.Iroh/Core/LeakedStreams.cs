namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Finds the streams of one connection that ngtcp2 (1.11 at least) never closes, and limits their number. They count as closed here, so
/// that the peer can open others.
/// </summary>
/// <remarks>
/// <para>ngtcp2 never closes a unidirectional stream of the peer whose first frame is a reset.</para>
/// <para>
/// ngtcp2 discards what has arrived of a stopped stream behind a gap, although it was acknowledged. If the rest arrives before the peer
/// learns of the stop, the peer has nothing left to send, and ngtcp2 never closes the stream.
/// </para>
/// </remarks>
/// <param name="open">The open streams of the connection.</param>
internal sealed class LeakedStreams(Dictionary<long, QuicStream> open)
{
    /// <summary>The maximum number of leaked streams. Each costs some hundred bytes until the connection ends.</summary>
    public const int Max = 1 << 16;

    /// <summary>The time, in nanoseconds, in which ngtcp2 must close a stopped stream.</summary>
    public const ulong MaxStopTime = 10_000_000_000;

    /// <summary>The reason for which the connection ends if it has too many leaked streams.</summary>
    public static readonly CloseReason Problem = new(
        CloseReason.InternalError,
        $"more than {Max} streams were reset before their first byte came, or stopped while bytes were missing, which the QUIC library "
        + "cannot release; dial again");

    private readonly Queue<long> _reset = new();
    private readonly Queue<(long Id, ulong At)> _stopped = new();
    private ulong _now;
    private int _count;

    /// <summary>
    /// Gets the number of streams that ngtcp2 does not release. On other threads than that of the core the value may be outdated.
    /// </summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Gets a value that indicates whether the connection must end because it has too many leaked streams.</summary>
    public bool IsAboveLimit => _count > Max;

    /// <summary>Records that the peer has reset a stream.</summary>
    public void OnReset(QuicStream stream)
    {
        if (stream.IsUni && !stream.HasCome)
            _reset.Enqueue(stream.Id);
    }

    /// <summary>Records that this side has stopped a stream.</summary>
    public void OnStopped(long id) => _stopped.Enqueue((id, _now));

    /// <summary>Records that ngtcp2 has closed a stream.</summary>
    public void OnClosed(QuicStream stream)
    {
        if (stream.IsLeaked)
            _count--;
    }

    /// <summary>Takes a unidirectional stream of the peer that was reset before a byte of it arrived. The caller must close it.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryTakeReset(out long id)
    {
        while (_reset.TryDequeue(out id))
        {
            if (!open.ContainsKey(id))
                continue;
            _count++;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Takes a stream that this side has stopped long ago and does not write. The stream stays open, because ngtcp2 may close it after all.
    /// </summary>
    /// <param name="now">The current time in nanoseconds. Later calls of <see cref="OnStopped"/> use it.</param>
    /// <returns>The stream, or null if there is none.</returns>
    public QuicStream? TakeStopped(ulong now)
    {
        _now = now;
        while (_stopped.TryPeek(out var stopped))
        {
            // Streams that ngtcp2 has closed are removed at once, so that the queue has the streams of about one round trip.
            if (!open.TryGetValue(stopped.Id, out var stream))
            {
                _stopped.Dequeue();
                continue;
            }

            if (stopped.At + MaxStopTime > now)
                return null;
            _stopped.Dequeue();
            if (stream.Send is { HasEnded: false })
            {
                // This side still writes the stream, so it is rightly open.
                _stopped.Enqueue((stopped.Id, now));
                continue;
            }

            stream.IsLeaked = true;
            _count++;
            return stream;
        }

        return null;
    }
}
