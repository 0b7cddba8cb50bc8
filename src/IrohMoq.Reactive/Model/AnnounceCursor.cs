using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The place of one listener in a set of broadcasts. It keeps no history, only the names that changed since it last looked: a broadcast
/// that began and ended meanwhile is not reported, and one that was replaced is reported as an end and a beginning. It is bounded by the
/// number of names.
/// </summary>
internal sealed class AnnounceCursor : IDisposable
{
    private readonly OriginProducer _origin;
    private readonly BroadcastPath _prefix;
    private readonly Signal _more;
    private readonly Action _wake;
    // The names whose live broadcast is not the one that was reported.
    private readonly SortedSet<BroadcastPath> _changed = [];
    private readonly Dictionary<BroadcastPath, BroadcastConsumer> _reported = [];

    internal AnnounceCursor(OriginProducer origin, BroadcastPath prefix, Action? wake)
    {
        _origin = origin;
        _prefix = prefix;
        _more = new Signal(origin.Runtime);
        _wake = wake ?? _more.Set;
    }

    /// <summary>Gets a value indicating whether the set is over and every end has been taken.</summary>
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
            if (_reported.Remove(path, out var ended))
            {
                // The broadcast that replaces it is reported next.
                if (live is null)
                    _changed.Remove(path);
                announcement = new Announcement(path, ended, false);
                return true;
            }

            _changed.Remove(path);
            _reported.Add(path, live!);
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
            // A listener that has stopped takes no further change.
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

    /// <summary>
    /// Notes that a name has changed. What is as it was reported is no change, so names that come and go leave nothing here. Under the
    /// lock.
    /// </summary>
    internal void OnChanged(BroadcastPath path, BroadcastConsumer? live)
    {
        if (!_prefix.IsPrefixOf(path))
            return;
        if (live == _reported.GetValueOrDefault(path))
            _changed.Remove(path);
        else if (_changed.Add(path))
            _wake();
    }

    internal void Wake() => _wake();
}
