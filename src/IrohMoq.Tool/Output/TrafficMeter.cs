using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Output;

/// <summary>Counts the groups, frames and bytes of a track. One task may count while another reads the counts.</summary>
internal sealed class TrafficMeter(string name, string track, Runtime runtime)
{
    private readonly Lock _gate = new();
    private readonly LatencyMeter _latency = new(runtime);
    private readonly byte[] _text = new byte[ClockSource.MaxLength];
    private int _textLength;
    private long _groups;
    private long _frames;
    private long _bytes;
    private long _missing;
    private long _incomplete;
    private long _first;
    private long? _last;
    private long _idleSince = runtime.GetTimestamp();
    private bool _isPaused;

    /// <summary>
    /// Gets the time since the last frame, or since the creation of the meter if there was none. The time is zero while the reading is
    /// paused, and is measured from the end of the pause.
    /// </summary>
    public TimeSpan Quiet
    {
        get
        {
            lock (_gate)
                return _isPaused ? TimeSpan.Zero : runtime.GetElapsedTime(_idleSince);
        }
    }

    /// <summary>Notes that nothing is read from now on, because the output has no room for more.</summary>
    public void Pause()
    {
        lock (_gate)
            _isPaused = true;
    }

    /// <summary>Notes that the output has room again.</summary>
    public void Resume()
    {
        lock (_gate)
            (_isPaused, _idleSince) = (false, runtime.GetTimestamp());
    }

    public void Group() => Count(ref _groups, 1);

    /// <summary>Counts groups that have not arrived; a negative number, if groups that were counted have arrived after all.</summary>
    public void Missing(long groups) => Count(ref _missing, groups);

    /// <summary>Counts a group of which only a part has arrived.</summary>
    public void Incomplete()
    {
        lock (_gate)
        {
            _missing++;
            _incomplete++;
        }
    }

    public void Frame(int bytes)
    {
        var now = runtime.GetTimestamp();
        lock (_gate)
        {
            if (_frames++ == 0)
                _first = now;
            _last = _idleSince = now;
            _bytes += bytes;
        }
    }

    /// <summary>Counts a frame that was received, and its latency if it is that of a clock.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="isSameMachine">True if the frame comes from a program on this machine.</param>
    public void Received(ReadOnlySpan<byte> payload, bool isSameMachine)
    {
        Frame(payload.Length);
        if (!ClockSource.TryRead(payload, out var sent))
            return;
        lock (_gate)
        {
            _latency.Add(sent, isSameMachine);
            payload.CopyTo(_text);
            _textLength = payload.Length;
        }
    }

    public Traffic Read()
    {
        lock (_gate)
        {
            var elapsed = runtime.GetElapsedTime(_first, _last ?? _first);
            return new Traffic(name, track, _groups, _frames, _bytes, _missing, _incomplete, elapsed, _latency.Percentiles)
            {
                IsOtherMachine = _latency.IsOtherMachine,
                Text = _textLength == 0 ? null : Encoding.ASCII.GetString(_text, 0, _textLength),
            };
        }
    }

    private void Count(ref long counter, long by)
    {
        lock (_gate)
            counter += by;
    }
}
