using System.Diagnostics;
using System.Text.Json;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Load;

/// <summary>Represents the measurements of one process of a benchmark run.</summary>
/// <param name="Bytes">The number of payload bytes that were transferred after the warm-up.</param>
/// <param name="Seconds">The time from the end of the warm-up to the last byte.</param>
/// <param name="Usage">What the whole process used after the warm-up.</param>
/// <param name="AllocatedPerFrame">
/// The number of bytes that the whole process allocated on the managed heap per frame, in steady state.
/// </param>
/// <param name="Offload">The name of the kernel offload in use.</param>
internal sealed record Figures(long Bytes, double Seconds, Usage Usage, double AllocatedPerFrame, string Offload)
{
    public double MegabytesPerSecond => Bytes / 1e6 / Seconds;

    public double CpuSecondsPerGigabyte => Usage.CpuSeconds / (Bytes / 1e9);

    public void Print() => Console.WriteLine(JsonSerializer.Serialize(this));

    public static Figures Parse(string line) => JsonSerializer.Deserialize<Figures>(line) ?? throw new InvalidDataException(line);
}

/// <summary>
/// Measures one process after a warm-up, so that the results show the steady state and not the time of JIT compilation. Allocations per
/// frame are counted after a separate, longer warm-up.
/// </summary>
/// <param name="amount">The amount of the run: up to 100 a number of seconds, a larger one a number of frames.</param>
/// <param name="calls">Returns the counters of the sockets.</param>
internal sealed class Meter(double amount, Func<SocketCounters> calls)
{
    /// <summary>
    /// The number of frames after which memory pools have their final size. A pool grows whenever more data is in flight than before.
    /// </summary>
    private const long WarmFrames = 200_000;

    // The time in which the JIT recompiles frequently called methods. It is long, because frames of 64 KiB cause few calls. A run that is
    // only a test is shorter.
    private readonly TimeSpan _warmUp = TimeSpan.FromSeconds(Math.Min(2, amount / 2));

    private long _first;
    private long _start;
    private long _lap;
    private long _startBytes;
    private Usage? _usage;
    private long _allocated;
    private long _bytes;
    private long _frames;

    public void Count(long bytes)
    {
        if (_bytes == 0)
            _first = Stopwatch.GetTimestamp();
        _bytes += bytes;
        if (_start == 0 && (_frames & 63) == 0 && Stopwatch.GetElapsedTime(_first) >= _warmUp)
        {
            _usage = Usage.Now(calls());
            _startBytes = _bytes;
            _start = Stopwatch.GetTimestamp();
        }

        if (++_frames == WarmFrames)
            _allocated = GC.GetTotalAllocatedBytes(precise: true);
    }

    /// <summary>Records the time of the last received data, so that waiting for the end of the track is not measured.</summary>
    public void Lap() => _lap = Stopwatch.GetTimestamp();

    public Figures Read(string offload)
    {
        var seconds = Stopwatch.GetElapsedTime(_start, _lap == 0 ? Stopwatch.GetTimestamp() : _lap).TotalSeconds;
        var usage = Usage.Now(calls()) - (_usage ?? throw new InvalidOperationException("The run was shorter than its warm-up."));
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        return new Figures(
            _bytes - _startBytes, seconds, usage, _frames > WarmFrames ? (double)allocated / (_frames - WarmFrames) : 0, offload);
    }
}
