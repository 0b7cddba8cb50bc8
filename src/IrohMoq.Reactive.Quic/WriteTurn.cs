using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents the writes of one stream in a <see cref="WriteSchedule"/>. A stream has at most one write at a time.</summary>
internal sealed class WriteTurn(Runtime runtime) : ScheduledItem
{
    private readonly Signal _changed = new(runtime);

    /// <summary>Gets or sets the number of bytes of the write that waits or is in flight.</summary>
    public int Bytes { get; set; }

    /// <summary>Gets or sets the time at which the write began, as a timestamp of the runtime.</summary>
    public long BegunAt { get; set; }

    /// <summary>Gets or sets the period of the schedule in which the write counts as in flight, or 0 if no write is in flight.</summary>
    public int Period { get; set; }

    /// <summary>Gets or sets a value that indicates whether the stream has ended, so that no further write waits.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Continues the writer, because its write may begin or its stream has ended.</summary>
    public void Wake() => _changed.Set();

    /// <summary>Waits until the write may begin or the stream has ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(WriteSchedule schedule)
    {
        while (schedule.IsWaiting(this))
            await _changed.WaitAsync().ConfigureAwait(false);
    }
}
