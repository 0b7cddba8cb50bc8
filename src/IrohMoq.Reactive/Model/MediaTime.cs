namespace IrohMoq.Reactive;

/// <summary>
/// Converts between time spans and media time, which is counted in units of a timescale. A conversion to units and back is exact for
/// every number of units, up to a timescale of ten million units per second, the resolution of <see cref="TimeSpan"/>.
/// </summary>
internal static class MediaTime
{
    /// <summary>The highest media time that can be sent: 2^61 - 1.</summary>
    public const long Max = (1L << 61) - 1;

    /// <summary>Returns the nearest number of units for a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, or too large for the timescale.</exception>
    public static long ToUnits(TimeSpan time, long timescale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var units = (((Int128)time.Ticks * timescale) + (TimeSpan.TicksPerSecond / 2)) / TimeSpan.TicksPerSecond;
        return units <= Max
            ? (long)units
            : throw new ArgumentOutOfRangeException(nameof(time), time, $"The time cannot be sent at a timescale of {timescale}.");
    }

    /// <summary>Determines, without rounding, whether a number of units is at least a time.</summary>
    public static bool IsAtLeast(long units, TimeSpan time, long timescale) =>
        (Int128)units * TimeSpan.TicksPerSecond >= (Int128)time.Ticks * timescale;

    /// <summary>Returns the last number of units that is not later than a time after another number, at most the maximum value.</summary>
    public static long AddOrMax(long units, TimeSpan time, long timescale) =>
        (long)Int128.Min(units + ((Int128)time.Ticks * timescale / TimeSpan.TicksPerSecond), long.MaxValue);

    /// <summary>Returns the nearest time for a number of units, at most <see cref="TimeSpan.MaxValue"/>.</summary>
    public static TimeSpan ToTime(long units, long timescale)
    {
        var ticks = (((Int128)units * TimeSpan.TicksPerSecond) + (timescale / 2)) / timescale;
        return ticks <= long.MaxValue ? new TimeSpan((long)ticks) : TimeSpan.MaxValue;
    }
}
