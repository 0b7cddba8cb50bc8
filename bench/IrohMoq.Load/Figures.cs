using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>What one process of a run measured.</summary>
/// <param name="Bytes">Payload that passed.</param>
/// <param name="Seconds">From its first byte to its last.</param>
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

/// <summary>Measures one process from the first byte on, and its allocations from a point where it is warm.</summary>
internal sealed class Meter
{
    private readonly Process _process = Process.GetCurrentProcess();
    private readonly long _warmFrames;
    private long _start;
    private TimeSpan _cpu;
    private long _allocated;
    private long _bytes;
    private long _frames;

    public Meter(long warmFrames) => _warmFrames = warmFrames;

    public void Count(int bytes)
    {
        if (_bytes == 0)
        {
            _start = Stopwatch.GetTimestamp();
            _cpu = _process.TotalProcessorTime;
        }

        _bytes += bytes;
        if (++_frames == _warmFrames)
            _allocated = GC.GetTotalAllocatedBytes(precise: true);
    }

    public Figures Read(string offload)
    {
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        _process.Refresh();
        return new Figures(_bytes, seconds, (_process.TotalProcessorTime - _cpu).TotalSeconds, _frames > _warmFrames ? (double)allocated / (_frames - _warmFrames) : 0, offload);
    }
}
