using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a number of readers whose changes can be read as a stream. A slow listener receives the newest number and skips older ones.
/// The lock of this object is the innermost one: members may be called while any other lock is held.
/// </summary>
/// <param name="runtime">The clock that listeners use.</param>
/// <param name="whole">The total count that includes this count, or null.</param>
internal sealed class ReaderCount(Runtime runtime, ReaderCount? whole = null)
{
    private readonly Lock _gate = new();
    // Created on demand: a peer may announce thousands of broadcasts whose readers nobody counts.
    private List<Signal>? _waiting;
    private int _value;
    private bool _isOver;

    /// <summary>Gets a value indicating whether there is a reader.</summary>
    public bool IsAny
    {
        get
        {
            lock (_gate)
                return _value > 0;
        }
    }

    /// <summary>Adds readers to the count. A negative value is the number of readers that left.</summary>
    public void Change(int difference)
    {
        lock (_gate)
        {
            _value += difference;
            Wake();
        }

        whole?.Change(difference);
    }

    /// <summary>Records that no further reader can join. Current readers count until they leave. A second call has no effect.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _isOver = true;
            Wake();
        }
    }

    /// <summary>
    /// Returns the current number, and then the number after every change. The sequence ends, after 0, when no reader can join any more
    /// and the last one has left.
    /// </summary>
    public async IAsyncEnumerable<int> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        lock (_gate)
            (_waiting ??= []).Add(changed);
        try
        {
            int? last = null;
            while (true)
            {
                int now;
                bool isOver;
                lock (_gate)
                    (now, isOver) = (_value, _isOver && _value == 0);
                if (now != last)
                {
                    last = now;
                    yield return now;
                }
                else if (isOver)
                {
                    yield break;
                }
                else
                {
                    await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            lock (_gate)
                _waiting!.Remove(changed);
        }
    }

    private void Wake()
    {
        if (_waiting is null)
            return;
        foreach (var waiter in _waiting)
            waiter.Set();
    }
}
