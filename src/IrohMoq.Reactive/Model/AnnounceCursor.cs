using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// One listener's place in a set of broadcasts. It keeps no history, only which names changed since it looked: what began and ended unseen
/// is never told, what was replaced is told as an end and a beginning. Bounded by the number of names.
/// </summary>
internal sealed class AnnounceCursor : IDisposable
{
    private readonly OriginProducer _origin;
    private readonly BroadcastPath _prefix;
    private readonly Signal _more;
    private readonly Action _wake;
    // Exactly those names of which what is live is not what was told.
    private readonly SortedSet<BroadcastPath> _changed = [];
    private readonly Dictionary<BroadcastPath, BroadcastConsumer> _told = [];

    internal AnnounceCursor(OriginProducer origin, BroadcastPath prefix, Action? wake)
    {
        _origin = origin;
        _prefix = prefix;
        _more = new Signal(origin.Runtime);
        _wake = wake ?? _more.Set;
    }

    /// <summary>True if the set is over and every end has been taken.</summary>
    public bool IsOver
    {
        get
        {
            lock (_origin.Gate)
                return _changed.Count == 0 && _origin.IsOver;
        }
    }

    /// <summary>Takes the next change if there is one, in the order of the names.</summary>
    public bool TryNext(out Announcement announcement)
    {
        lock (_origin.Gate)
        {
            if (_changed.Count == 0)
            {
                announcement = null!;
                return false;
            }

            var path = _changed.Min;
            var live = _origin.Live(path);
            if (_told.Remove(path, out var ended))
            {
                // What replaces it is told next.
                if (live is null)
                    _changed.Remove(path);
                announcement = new Announcement(path, ended, false);
                return true;
            }

            _changed.Remove(path);
            _told.Add(path, live!);
            announcement = new Announcement(path, live!, true);
            return true;
        }
    }

    /// <summary>Waits until there is a change to take.</summary>
    /// <returns>False if the set is over and every end has been taken.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whoever has stopped takes nothing more, whatever is there.
            cancellationToken.ThrowIfCancellationRequested();
            lock (_origin.Gate)
            {
                if (_changed.Count > 0)
                    return true;
                if (_origin.IsOver)
                    return false;
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _origin.Remove(this);

    /// <summary>Under the lock. What is as it was told is no change: names that come and go unseen leave nothing here.</summary>
    internal void OnChanged(BroadcastPath path, BroadcastConsumer? live)
    {
        if (!_prefix.IsPrefixOf(path))
            return;
        if (live == _told.GetValueOrDefault(path))
            _changed.Remove(path);
        else if (_changed.Add(path))
            _wake();
    }

    internal void Wake() => _wake();
}
