using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The number of readers, as a stream of changes. A slow listener gets the newest number and no old ones. Its lock is the innermost: it
/// may be changed under any other lock.
/// </summary>
/// <param name="runtime">The clock on which its listeners wait.</param>
/// <param name="whole">The count that this one is a part of, or null.</param>
internal sealed class ReaderCount(Runtime runtime, ReaderCount? whole = null)
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiting = [];
    private int _value;
    private bool _isOver;

    /// <summary>Counts readers that have come; a negative number has left.</summary>
    public void Change(int difference)
    {
        lock (_gate)
        {
            _value += difference;
            Wake();
        }

        whole?.Change(difference);
    }

    /// <summary>Notes that no reader comes any more. Those that are here count until they leave. A second call has no effect.</summary>
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
    /// Reads the number of now, and the number after every change. It ends, after 0, when no reader comes any more and the last one has
    /// left.
    /// </summary>
    public async IAsyncEnumerable<int> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        lock (_gate)
            _waiting.Add(changed);
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
                _waiting.Remove(changed);
        }
    }

    private void Wake()
    {
        foreach (var waiter in _waiting)
            waiter.Set();
    }
}
