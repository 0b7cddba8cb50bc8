using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// How many readers there are, for whoever wants to be told of it. Somebody who is slow to look gets the newest number, never a list of
/// old ones. Its lock is the innermost: it may be changed under any other.
/// </summary>
/// <param name="runtime">Where those who wait for a change go on.</param>
/// <param name="whole">What this one is a part of, or null.</param>
internal sealed class ReaderCount(Runtime runtime, ReaderCount? whole = null)
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiting = [];
    private int _value;
    private bool _isOver;

    /// <summary>So many have come, or, below 0, gone.</summary>
    public void Change(int difference)
    {
        lock (_gate)
        {
            _value += difference;
            Wake();
        }

        whole?.Change(difference);
    }

    /// <summary>Nobody comes any more; those who are here are counted until they go. Again changes nothing.</summary>
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
    /// The number now, and after every change. Ends when nobody comes any more and the last one has gone, which is told before.
    /// </summary>
    public async IAsyncEnumerable<int> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        lock (_gate)
            _waiting.Add(changed);
        try
        {
            int? told = null;
            while (true)
            {
                int now;
                bool isOver;
                lock (_gate)
                    (now, isOver) = (_value, _isOver && _value == 0);
                if (now != told)
                {
                    told = now;
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
