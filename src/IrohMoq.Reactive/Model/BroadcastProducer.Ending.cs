using System.Collections.Concurrent;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <content>Ends the broadcast, and tells those who wait for that.</content>
public sealed partial class BroadcastProducer
{
    // Broadcasts of peers whose ends are awaited. Their connections may hold them weakly, and do not end one that was collected.
    private static readonly ConcurrentDictionary<BroadcastProducer, bool> Awaited = new();

    // Created on demand, because there may be very many broadcasts whose ends nobody awaits.
    private Completion<BroadcastEnd>? _closed;
    private Task<BroadcastEnd>? _over;
    private BroadcastEnd? _end;

    /// <summary>Gets a task that completes when the broadcast has ended; its result describes how. The task never faults.</summary>
    public Task<BroadcastEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null && _end is { } end)
                    return _over ??= Task.FromResult(end);
                return AwaitedEnd().Task;
            }
        }
    }

    /// <summary>Returns a task, for the caller's own use, that completes when the broadcast has ended.</summary>
    internal Task<BroadcastEnd> WhenClosedAsync()
    {
        lock (_gate)
        {
            if (_end is { } end)
                return Task.FromResult(end);
            return AwaitedEnd().WaitAsync();
        }
    }

    /// <summary>Gets how the broadcast has ended, or null while it is live.</summary>
    internal BroadcastEnd? Ended => Volatile.Read(ref _end);

    /// <summary>Gets what has ended the broadcast, or null while it is live.</summary>
    internal BroadcastEndCause? EndCause => Ended?.Cause;

    /// <summary>Returns what completes when the broadcast ends, and keeps the broadcast until then. The caller holds the lock.</summary>
    private Completion<BroadcastEnd> AwaitedEnd()
    {
        if (_closed is null)
        {
            _closed = new Completion<BroadcastEnd>(_runtime);
            if (Provider is not null && _end is null)
                Awaited.TryAdd(this, true);
        }

        return _closed;
    }

    /// <summary>Ends the broadcast. Existing tracks continue until each of them ends. A second call has no effect.</summary>
    internal void End(BroadcastEnd end)
    {
        BroadcastListener[] listeners;
        TrackProducer[] tracks;
        PendingTrack[] pending;
        Completion<BroadcastEnd>? closed;
        ReaderCount? readers;
        lock (_gate)
        {
            if (_end is not null)
                return;
            _end = end;
            closed = _closed;
            readers = _readerCount;
            tracks = _tracks.ToArray();
            pending = _pending is null ? [] : [.. _pending.Values];
            listeners = _listeners.TakeAll();
        }

        _requests?.End();
        foreach (var waited in pending)
            Reject(waited, MoqErrorCode.Closed);
        foreach (var track in tracks)
            track.State.KeepNoLonger();
        readers?.End();
        if (closed is not null)
        {
            closed.TrySet(end);
            Awaited.TryRemove(this, out _);
        }

        foreach (var listener in listeners)
            listener.OnEnded();
    }
}
