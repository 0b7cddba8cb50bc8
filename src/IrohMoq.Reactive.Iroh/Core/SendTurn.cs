using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains what one stream has to send, so that the packets that are filled one after the other with its data acquire the lock of the
/// stream only twice: at the beginning and at the end. Meanwhile the writer of the stream can only add data.
/// </summary>
/// <param name="streams">The streams of the connection.</param>
/// <param name="vectors">The memory for <see cref="MaxVectors"/> vectors.</param>
internal unsafe ref struct SendTurn(StreamTable streams, NgVec* vectors)
{
    /// <summary>The maximum number of vectors. A stream that has more to send has another turn.</summary>
    public const int MaxVectors = 48;

    private int _first;
    private int _count;
    private uint _flags;
    private long _sent;
    private bool _hasSent;
    private bool _isFinSent;
    private bool _isFinAlone;

    /// <summary>Gets the stream, or null if no turn has begun.</summary>
    public SendStreamState? Stream { get; private set; }

    /// <summary>Collects what a stream has to send, after it has ended the turn of the previous stream.</summary>
    /// <returns>False if the stream has nothing to send.</returns>
    public bool TryBegin(SendStreamState stream)
    {
        End();
        (_first, _count) = (0, stream.Peek(vectors, MaxVectors, out _flags));
        if (_count < 0)
            return false;
        Stream = stream;
        return true;
    }

    /// <summary>Returns as many vectors as one packet can take.</summary>
    /// <param name="room">The size of the packet in bytes.</param>
    /// <param name="count">The number of vectors.</param>
    /// <param name="flags">The flags for the call of ngtcp2: that the stream ends after these vectors, or 0.</param>
    /// <param name="bytes">The number of bytes of the vectors.</param>
    public readonly NgVec* Offer(nuint room, out int count, out uint flags, out long bytes)
    {
        nuint total = 0;
        var end = _first;
        while (end < _count && total < room)
            total += vectors[end++].Length;
        count = end - _first;
        flags = end == _count ? _flags : 0;
        bytes = (long)total;
        return vectors + _first;
    }

    /// <summary>Counts bytes as sent, and ends the turn if nothing is left.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="isFin">True if the end of the stream was sent with them.</param>
    public void OnSent(long bytes, bool isFin)
    {
        Stream!.Advance(bytes);
        _hasSent = true;
        _sent += bytes;
        _isFinSent |= isFin;
        _isFinAlone |= isFin && bytes == 0;
        for (var left = (nuint)bytes; left > 0;)
        {
            ref var vector = ref vectors[_first];
            var step = Math.Min(left, vector.Length);
            vector.Base += step;
            vector.Length -= step;
            left -= step;
            if (vector.Length == 0)
                _first++;
        }

        if (_first == _count && (_flags == 0 || _isFinSent))
            End();
    }

    /// <summary>Ends the turn. Has no effect if no turn has begun.</summary>
    public void End()
    {
        if (Stream is not { } stream)
            return;
        Stream = null;
        if (_hasSent)
        {
            if (!stream.OnSent(_sent, _isFinSent, _isFinAlone))
                streams.Schedule.Remove(stream);
            // The first byte was sent: now the reset can be sent.
            _ = streams.SendReset(stream);
        }

        _sent = 0;
        _hasSent = _isFinSent = _isFinAlone = false;
    }
}
