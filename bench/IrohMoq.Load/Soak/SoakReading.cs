using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>Represents a healthy reading, whose progress is checked.</summary>
/// <param name="what">The name of the reader and the track, for messages.</param>
/// <param name="isServed">The function that returns true if the publisher has been running for long enough to serve the reading.</param>
internal sealed class SoakReading(string what, Func<bool> isServed)
{
    private long _last = Stopwatch.GetTimestamp();

    public string What => what;

    public bool IsServed => isServed();

    /// <summary>Gets the time since the last progress.</summary>
    public TimeSpan Still => Stopwatch.GetElapsedTime(Volatile.Read(ref _last));

    public void Progress() => Volatile.Write(ref _last, Stopwatch.GetTimestamp());
}
