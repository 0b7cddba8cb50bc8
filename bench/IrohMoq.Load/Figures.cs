using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>What one process of a run measured.</summary>
/// <param name="Bytes">Payload that passed.</param>
/// <param name="Seconds">From the point where the process is warm to the last byte.</param>
/// <param name="CpuSeconds">User and system time of the whole process in that span.</param>
/// <param name="AllocatedPerFrame">Managed bytes of the whole process for each frame in steady state.</param>
/// <param name="Offload">What the kernel took off.</param>
internal sealed record Figures(long Bytes, double Seconds, double CpuSeconds, double AllocatedPerFrame, string Offload)
{
    public double MegabytesPerSecond => Bytes / 1e6 / Seconds;

    public double CpuSecondsPerGigabyte => CpuSeconds / (Bytes / 1e9);

    public void Print() => Console.WriteLine(JsonSerializer.Serialize(this));

    public static Figures Parse(string line) => JsonSerializer.Deserialize<Figures>(line) ?? throw new InvalidDataException(line);
}

/// <summary>
/// Measures one process from the point where it is warm: what is compared is what each does in the long run, not how long the JIT takes to
/// get there. Allocations count from a point of their own.
/// </summary>
internal sealed class Meter
{
    /// <summary>The JIT compiles what is called for the second and third time; frames of 64 KiB call it rarely.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Pools have their final size by then: they grow a little whenever more is on its way than ever before.</summary>
    private const long WarmFrames = 200_000;

    private long _first;
    private long _start;
    private long _lap;
    private long _startBytes;
    private TimeSpan _cpu;
    private long _allocated;
    private long _bytes;
    private long _frames;

    public void Count(long bytes)
    {
        if (_bytes == 0)
            _first = Stopwatch.GetTimestamp();
        _bytes += bytes;
        if (_start == 0 && (_frames & 63) == 0 && Stopwatch.GetElapsedTime(_first) >= WarmUp)
        {
            _cpu = Environment.CpuUsage.TotalTime;
            _startBytes = _bytes;
            _start = Stopwatch.GetTimestamp();
        }

        if (++_frames == WarmFrames)
            _allocated = GC.GetTotalAllocatedBytes(precise: true);
    }

    /// <summary>The last byte may have come: waiting for the end does not count.</summary>
    public void Lap() => _lap = Stopwatch.GetTimestamp();

    public Figures Read(string offload)
    {
        var seconds = Stopwatch.GetElapsedTime(_start, _lap == 0 ? Stopwatch.GetTimestamp() : _lap).TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        return new Figures(
            _bytes - _startBytes, seconds, (Environment.CpuUsage.TotalTime - _cpu).TotalSeconds, _frames > WarmFrames
                ? (double)allocated / (_frames - WarmFrames)
                : 0, offload);
    }
}
