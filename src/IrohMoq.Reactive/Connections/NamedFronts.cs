using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents the fronts of one name: one for each content that peers announce under it. A content that appears takes the name from the one
/// before, which has it again when the new one has gone. A content that comes back soon does not take it: two peers of which each publishes
/// what it reads from the other one would take the name in turn, without end. This type is thread-safe, but only one caller may add and
/// remove sources.
/// </summary>
internal sealed class NamedFronts
{
    /// <summary>
    /// The time after which a broadcast that was withdrawn and announced again is taken for the one that other peers still announce. A
    /// publisher that has published the name anew is known to all of them by then.
    /// </summary>
    public static readonly TimeSpan Probation = TimeSpan.FromSeconds(10);

    private static readonly Comparer<(BroadcastRoute Route, long Session)?> BestFirst =
        Comparer<(BroadcastRoute Route, long Session)?>.Create(static (first, second) => SourceOrder.Compare(first!.Value, second!.Value));

    private readonly Lock _gate = new();
    private readonly BroadcastPath _path;
    private readonly SessionLimits _limits;
    private readonly TimeSpan _linger;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly Action _emptied;
    private readonly OriginProducer _origin;
    private readonly List<NamedFront> _fronts = [];
    private readonly EndedContents _ended;
    private WaitingSignals _waiters;

    /// <param name="path">The name.</param>
    /// <param name="limits">The limits of what is received.</param>
    /// <param name="linger">The time for which a front stays after its last source was lost.</param>
    /// <param name="runtime">The clock.</param>
    /// <param name="log">The log.</param>
    /// <param name="emptied">The action that is called, without a lock, when the last front has ended.</param>
    public NamedFronts(BroadcastPath path, SessionLimits limits, TimeSpan linger, Runtime runtime, ILogger log, Action emptied)
    {
        (_path, _limits, _linger, _runtime, _log, _emptied) = (path, limits, linger, runtime, log, emptied);
        _origin = new OriginProducer(runtime);
        _ended = new EndedContents(runtime, Probation);
        Broadcasts = _origin.Consume();
    }

    /// <summary>Gets the set that contains the current front under the name.</summary>
    public OriginConsumer Broadcasts { get; }

    /// <summary>Gets a value indicating whether there is no front.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _fronts.Count == 0;
        }
    }

    /// <summary>
    /// Returns the current broadcast of the name; of a name below it, the one of the front with the best source. Null if there is none.
    /// </summary>
    /// <exception cref="MoqException">The name is not followed any more.</exception>
    public BroadcastProducer? Request(BroadcastPath path)
    {
        lock (_origin.Gate)
        {
            if (_origin.IsOver)
                throw OverException();
        }

        if (path == _path)
            return Broadcasts.Find(path)?.Producer;
        BroadcastFront? best;
        lock (_gate)
        {
            // A front without a source comes last. The newest one does not come first, because other services may offer the same prefix.
            best = _fronts
                .Where(static one => one is { Registration: not null, Front.Broadcast.Below: not null })
                .MinBy(static one => one.Front.Rank, BestFirst)?.Front;
        }

        return best?.Request(path);
    }

    /// <summary>Adds a signal that is set when <see cref="Request"/> may find another broadcast.</summary>
    public void AddWaiter(Signal waiter)
    {
        lock (_gate)
            _waiters.Add(waiter);
    }

    /// <summary>Removes a signal. Has no effect if it was not added.</summary>
    public void RemoveWaiter(Signal waiter)
    {
        lock (_gate)
            _waiters.Remove(waiter);
    }

    /// <summary>Adds a broadcast that a peer announces.</summary>
    public void Add(SharedSession session, BroadcastProducer broadcast)
    {
        var source = new FrontSource(session, _path, broadcast);
        lock (_gate)
        {
            var last = _fronts.FindLast(one => one.Front.HasContentOf(source));
            if (last is { IsWithdrawn: false })
            {
                last.Front.Add(source);
                _waiters.SetAll();
                return;
            }

            var content = ContentId.Of(session.RemoteId, broadcast.Route);
            var front = new NamedFront(new BroadcastFront(_path, source, _limits, _linger, _runtime, _log), content)
            {
                Before = last ?? (_ended.Contains(content) ? _fronts.FindLast(static one => one.Registration is not null) : null),
            };
            _fronts.Add(front);
            if (front.Before is null)
                Publish(front);
            else if (last is not null)
                front.Timer.Start(_runtime, Probation, timer => Join(front, timer));
        }
    }

    /// <summary>Applies that the route has changed by which a broadcast comes that a peer announces.</summary>
    public void OnRouteChanged(BroadcastProducer broadcast)
    {
        lock (_gate)
        {
            foreach (var front in _fronts)
                front.Front.OnRouteChanged(broadcast);
        }
    }

    /// <summary>Removes a broadcast that a peer announces no longer. The end follows with <see cref="Settle"/>.</summary>
    public void Remove(BroadcastProducer broadcast)
    {
        lock (_gate)
        {
            foreach (var front in _fronts)
            {
                if (front.Front.Remove(broadcast) is not { } source)
                    continue;
                // A broadcast that is live was replaced by another one of its session.
                front.End = source.End ?? RemoteBroadcasts.Withdrawn;
                if (source.End?.Cause == BroadcastEndCause.Withdrawn)
                    OnWithdrawn(source);
                return;
            }
        }
    }

    /// <summary>
    /// Records that a source was withdrawn: what is announced from now on with the same origin may be another broadcast than any that is
    /// known. The caller must hold the lock.
    /// </summary>
    private void OnWithdrawn(FrontSource source)
    {
        foreach (var front in _fronts)
            front.IsWithdrawn |= front.Front.HasContentOf(source);
    }

    /// <summary>
    /// Ends the fronts that have no source, unless their last one was lost and may come back. It is called when all known changes were
    /// applied, so that a broadcast that moves from one connection to another does not end.
    /// </summary>
    public void Settle()
    {
        var ended = new List<NamedFront>();
        lock (_gate)
        {
            foreach (var front in _fronts)
            {
                if (!front.Front.IsEmpty)
                {
                    if (front.IsLingering)
                        front.StopTimer();
                }
                else if (front.IsOver || _linger == TimeSpan.Zero)
                {
                    ended.Add(front);
                }
                else if (!front.IsLingering)
                {
                    front.IsLingering = true;
                    front.Timer.Start(_runtime, _linger, timer => Expire(front, timer));
                }
            }

            _fronts.RemoveAll(ended.Contains);
        }

        End(ended);
    }

    /// <summary>Ends every front, and the set that contains them.</summary>
    public void Close()
    {
        NamedFront[] ended;
        lock (_gate)
        {
            ended = [.. _fronts];
            _fronts.Clear();
        }

        foreach (var front in ended)
            front.End ??= new BroadcastEnd(BroadcastEndCause.SessionEnded, MoqErrorCode.Cancel);
        End(ended);
        _origin.Close(OverException);
        lock (_gate)
            _waiters.SetAll();
    }

    private static MoqException OverException() => new(MoqErrorCode.Closed, "No session follows any more.");

    /// <summary>Gives the name to a front. The caller must hold the lock.</summary>
    private void Publish(NamedFront front)
    {
        front.StopTimer();
        front.Registration = _origin.PublishOver(_path, front.Front.Broadcast.Consume());
        _waiters.SetAll();
    }

    /// <summary>Adds the sources of a front that was on probation to the one of the same content, which has not ended meanwhile.</summary>
    private void Join(NamedFront front, object timer)
    {
        lock (_gate)
        {
            // If the other front has ended, this one waits for the name; a front that still has it is one of other content.
            if (!front.Timer.Is(timer) || front.Before is not { } before || before.Content != front.Content || !_fronts.Contains(before)
                || !_fronts.Remove(front))
                return;
            foreach (var source in front.Front.TakeAll())
                before.Front.Add(source);
            before.IsWithdrawn = front.IsWithdrawn;
            if (before.IsLingering)
                before.StopTimer();
            foreach (var next in _fronts.Where(one => one.Before == front))
                next.Before = before;
        }
    }

    private void Expire(NamedFront front, object timer)
    {
        lock (_gate)
        {
            // A source may have come while the timer elapsed.
            if (!front.Timer.Is(timer) || !front.Front.IsEmpty || !_fronts.Remove(front))
                return;
        }

        End([front]);
    }

    private void End(IReadOnlyList<NamedFront> ended)
    {
        if (ended.Count == 0)
            return;
        foreach (var front in ended)
        {
            front.StopTimer();
            front.Registration?.Dispose();
            front.Front.End(front.End!);
        }

        lock (_gate)
        {
            foreach (var front in ended)
                _ended.Add(front.Content);
            foreach (var front in _fronts)
            {
                while (front.Before is { } before && ended.Contains(before))
                    front.Before = before.Before;
                if (front is { Before: null, Registration: null })
                    Publish(front);
            }
        }

        if (IsEmpty)
            _emptied();
    }
}
