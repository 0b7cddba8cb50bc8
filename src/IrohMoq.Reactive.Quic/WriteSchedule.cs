using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Orders the writes of the unidirectional streams of a connection. System.Net.Quic sends what it has taken in the order of the writes.
/// Few bytes are therefore given to it at a time, and the rest waits here in the order of the priorities.
/// </summary>
/// <remarks>
/// A write is in flight until System.Net.Quic has taken it, which it does while its send buffer, one for all streams of the connection,
/// has space. A write to a stream without credit stays in flight until its peer reads, and cannot be distinguished from a write on a slow
/// network. If no write is completed for some time, those in flight are no longer counted, so that other streams can continue.
/// </remarks>
internal sealed class WriteSchedule(Runtime runtime)
{
    /// <summary>The number of bytes in flight from which further writes wait, except those of a higher priority.</summary>
    public const int MaxInFlight = 64 << 10;

    private static readonly TimeSpan MinPatience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly SendSchedule _waiting = new();
    private ITimer? _timer;
    private TimeSpan _patience = MinPatience;
    private bool _isTimed;
    private long _completed;
    private long _completedBefore;
    private long _inFlight;
    private int _writes;
    private int _highest;
    private int _period = 1;

    /// <summary>
    /// Begins a write, or lets it wait. The write waits if the method returns false, see <see cref="WriteTurn.WaitAsync"/>.
    /// </summary>
    public bool TryBegin(WriteTurn turn, int bytes)
    {
        lock (_gate)
        {
            if (turn.HasEnded)
                return true;
            turn.Bytes = bytes;
            if (MayBegin(turn))
            {
                Begin(turn);
                return true;
            }

            _waiting.Add(turn);
            Watch();
            return false;
        }
    }

    /// <summary>Returns a value that indicates whether the write of a stream has to wait.</summary>
    public bool IsWaiting(WriteTurn turn)
    {
        lock (_gate)
            return turn.IsScheduled;
    }

    /// <summary>Called when System.Net.Quic has taken a write, or the write has failed.</summary>
    public void Complete(WriteTurn turn)
    {
        lock (_gate)
        {
            if (turn.Period == 0)
                return;
            _completed++;
            _patience = TimeSpan.FromTicks(
                Math.Clamp(2 * runtime.GetElapsedTime(turn.BegunAt).Ticks, MinPatience.Ticks, MaxPatience.Ticks));
            if (turn.Period == _period)
            {
                _inFlight -= turn.Bytes;
                _writes--;
            }

            turn.Period = 0;
            BeginWaiting();
        }
    }

    /// <summary>Called when a stream has ended: its write does not wait any longer, and fails.</summary>
    public void End(WriteTurn turn)
    {
        lock (_gate)
        {
            turn.HasEnded = true;
            _waiting.Remove(turn);
        }

        turn.Wake();
    }

    /// <summary>Changes the order of a stream, whether it waits or not.</summary>
    public void Reorder(WriteTurn turn, SendOrder order)
    {
        lock (_gate)
        {
            if (turn.HasEnded)
                return;
            _waiting.Reorder(turn, order);
            BeginWaiting();
        }
    }

    private static int Level(WriteTurn turn) => turn.Order?.Priority ?? 0;

    private bool MayBegin(WriteTurn turn) => _inFlight < MaxInFlight || Level(turn) > _highest;

    private void Begin(WriteTurn turn)
    {
        _highest = _writes == 0 ? Level(turn) : Math.Max(_highest, Level(turn));
        _writes++;
        _inFlight += turn.Bytes;
        turn.Period = _period;
        turn.BegunAt = runtime.GetTimestamp();
    }

    private void BeginWaiting()
    {
        while (_waiting.First is WriteTurn first && MayBegin(first))
        {
            _waiting.Charge(first, first.Bytes);
            _waiting.Remove(first);
            Begin(first);
            first.Wake();
        }
    }

    private void Watch()
    {
        if (_isTimed)
            return;
        _isTimed = true;
        _completedBefore = _completed;
        _timer ??= runtime.CreateTimer(
            static schedule => ((WriteSchedule)schedule!).OnTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_patience, Timeout.InfiniteTimeSpan);
    }

    private void OnTime()
    {
        lock (_gate)
        {
            _isTimed = false;
            if (_waiting.First is null)
                return;
            if (_completed == _completedBefore)
            {
                _period++;
                _inFlight = 0;
                _writes = 0;
                // The others may have no credit either, or the network may be slow: each attempt adds to what is in flight.
                _patience = TimeSpan.FromTicks(Math.Min(2 * _patience.Ticks, MaxPatience.Ticks));
                BeginWaiting();
            }

            if (_waiting.First is not null)
                Watch();
        }
    }
}
