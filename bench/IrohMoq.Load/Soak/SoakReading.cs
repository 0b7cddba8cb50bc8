using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>One healthy reading as the checker sees it.</summary>
/// <param name="what">The reader and the track, for messages.</param>
/// <param name="isServed">Whether its publisher has been there for long enough to serve it.</param>
internal sealed class SoakReading(string what, Func<bool> isServed)
{
    private long _last = Stopwatch.GetTimestamp();

    public string What => what;

    public bool IsServed => isServed();

    /// <summary>How long nothing has come.</summary>
    public TimeSpan Still => Stopwatch.GetElapsedTime(Volatile.Read(ref _last));

    public void Progress() => Volatile.Write(ref _last, Stopwatch.GetTimestamp());
}
