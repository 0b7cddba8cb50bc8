namespace IrohMoq.Reactive.Wire;

// 05, 06:  zigzag (i): n >= 0 is 2n, n < 0 is -2n - 1; range -2^61 … 2^61 - 1
// moq-lite draft, "FRAME": the first frame of a stream is relative to 0, each other one to the frame before it.

/// <summary>
/// Calculates the differences between the timestamps of consecutive frames, and encodes them as zigzag varints, which keep small numbers
/// of either sign short.
/// </summary>
internal static class TimestampDelta
{
    /// <summary>The largest difference that can be encoded.</summary>
    public const long Max = (1L << 61) - 1;

    /// <summary>The smallest difference that can be encoded.</summary>
    public const long Min = -(1L << 61);

    /// <summary>Encodes a difference as a number of up to 62 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The difference needs more bits.</exception>
    public static ulong Encode(long delta)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delta, Max);
        ArgumentOutOfRangeException.ThrowIfLessThan(delta, Min);
        return (ulong)((delta << 1) ^ (delta >> 63));
    }

    /// <summary>Decodes a difference from a number of up to 62 bits.</summary>
    public static long Decode(ulong encoded) => (long)(encoded >> 1) ^ -(long)(encoded & 1);

    /// <summary>Returns the difference to send for a timestamp.</summary>
    /// <param name="previous">The timestamp of the frame before, or 0 for the first frame of a stream.</param>
    /// <param name="timestamp">The timestamp of the frame.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timestamps are too far apart, or have more than 62 bits.</exception>
    public static long Between(ulong previous, ulong timestamp)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(previous, Varint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timestamp, Varint.MaxValue);
        var delta = (long)timestamp - (long)previous;
        return delta is >= Min and <= Max
            ? delta
            : throw new ArgumentOutOfRangeException(
                nameof(timestamp), timestamp, $"The timestamp is {delta} units from the one before; at most 2^61 - 1 can be sent.");
    }

    /// <summary>Returns the timestamp of a frame.</summary>
    /// <param name="previous">The timestamp of the frame before, or 0 for the first frame of a stream.</param>
    /// <param name="delta">The difference that was received.</param>
    /// <exception cref="MoqProtocolException">
    /// The timestamp is negative or has more than 62 bits (<see cref="MoqErrorCode.MalformedTrack"/>). Only the group fails.
    /// </exception>
    public static ulong Apply(ulong previous, long delta)
    {
        // Both fit 62 bits and a sign, so the sum does not overflow.
        var timestamp = (long)previous + delta;
        return timestamp is >= 0 and <= (long)Varint.MaxValue
            ? (ulong)timestamp
            : throw new MoqProtocolException(
                MoqErrorCode.MalformedTrack,
                $"The peer sent a {FrameHeader.Name} with a timestamp of {timestamp}; 0 to 2^62 - 1 are allowed.");
    }
}
