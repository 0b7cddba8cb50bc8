using System.Reactive.Concurrency;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// A connection with one peer: what it announces, and what is announced to it. All who dial one peer share its session; closing it ends it for all. Safe for any thread.
/// </summary>
public sealed class MoqSession : IAsyncDisposable
{
    private readonly Session _session;
    private readonly IScheduler _scheduler;
    private readonly OneShot<SessionClosed> _closed;
    private readonly Task _connectionClosed;
    private readonly ILogger _log;
    // What the manager has announced here, by the broadcast's number. Only the pipeline's loop touches it.
    private readonly Dictionary<long, IDisposable> _announced = [];
    private int _decided;
    private volatile bool _closing;

    internal MoqSession(long number, ITransportConnection connection, bool isDialled, Turns turns, MoqOptions options, ILogger log)
    {
        Number = number;
        _session = new Session(connection, turns, SessionLimits.Default, log);
        _scheduler = options.PipelineScheduler;
        _log = log;
        IsDialled = isDialled;
        RemoteId = new EndpointId(connection.RemoteId.Span);
        _closed = new OneShot<SessionClosed>(turns);
        _connectionClosed = connection.Closed;
        _ = WatchAsync();
    }

    /// <summary>The peer's id, verified by the transport.</summary>
    public EndpointId RemoteId { get; }

    /// <summary>True if this side dialled.</summary>
    public bool IsDialled { get; }

    /// <summary>The negotiated protocol, for example <c>moq-lite-03</c>.</summary>
    public string Protocol => _session.Connection.Protocol;

    /// <summary>The connection below, for its statistics. Do not use its streams.</summary>
    public ITransportConnection Connection => _session.Connection;

    /// <summary>Completes when the session is over, with how it ended. Never faults.</summary>
    public Task<SessionClosed> Closed => _closed.Task;

    /// <summary>What is announced to this peer: the broadcasts published for all, and those for this session only.</summary>
    public OriginProducer OriginProducer => _session.Local;

    /// <summary>What this peer announces.</summary>
    public OriginConsumer OriginConsumer => _session.Remote;

    internal ILogger Log => _log;

    internal long Number { get; }

    internal SessionClosed? Closure { get; set; }

    /// <summary>The same as <see cref="Closed"/> for the library itself, which does not take the user's place as the first to wait.</summary>
    internal Task<SessionClosed> WhenClosedAsync() => _closed.WaitAsync();

    /// <summary>False as soon as it is known to be over: before its end is reported.</summary>
    internal bool IsOpen => !_closing && !_connectionClosed.IsCompleted;

    /// <summary>Waits until the peer announces a broadcast of that name: the one that is live, otherwise the next one. One that has ended is never returned.</summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="cancellationToken">Ends the wait, and nothing else.</param>
    /// <exception cref="MoqSessionClosedException">The session is over, or ends while waiting.</exception>
    public ValueTask<BroadcastConsumer> SubscribeAsync(BroadcastPath name, CancellationToken cancellationToken = default) =>
        _session.Remote.WaitAsync(name, cancellationToken);

    /// <summary>Publishes a broadcast to this peer only. A live broadcast of that name ends there first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>Takes this very broadcast back when it is disposed.</returns>
    /// <exception cref="ArgumentException">Time is virtual here, and the broadcast is on another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session is over.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        SchedulerTurns.Admit(_session.Turns, broadcast);
        return _session.Local.Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// What the peer announces below a prefix, now and on every change. Each subscriber gets the present state first. Called on the pipeline's scheduler; completes with the session.
    /// Changes that cancel out before they are delivered are not told, so a slow subscriber needs no memory.
    /// </summary>
    /// <param name="prefix">Whole segments; empty for everything.</param>
    public IObservable<Announcement> Announcements(BroadcastPath prefix = default) => 
        new PulledObservable<Announcement>(stop => ReadAnnouncementsAsync(prefix, stop), _scheduler, _session.Turns, _log.ObserverFailed);

    /// <summary>The same as <see cref="Announcements"/>, pulled: what changes meanwhile is coalesced.</summary>
    /// <param name="prefix">Whole segments; empty for everything.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<Announcement> ReadAnnouncementsAsync(BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        _session.Remote.AnnouncementsAsync(prefix, cancellationToken);

    /// <summary>Closes the session for all who share it. The first close wins. Never blocks.</summary>
    /// <param name="code">What the peer sees; 0, the default, is a normal end.</param>
    /// <param name="reason">Text for the peer.</param>
    public void Close(MoqErrorCode code = default, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        _closing = true;
        _session.Close(code, reason);
    }

    /// <summary>Closes the session with code 0 and waits until it is over.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await WhenClosedAsync().ConfigureAwait(false);
    }

    internal void Start() => _session.Start();

    internal bool TryDecide() => Interlocked.Exchange(ref _decided, 1) == 0;

    /// <summary>Closes a session that is not wanted.</summary>
    internal void Refuse(MoqErrorCode code, string reason)
    {
        _log.Refused(RemoteId.ToShortString(), code, reason);
        Close(code, reason);
    }

    /// <summary>Announces a broadcast that is published for all. Changes nothing if the session is over.</summary>
    internal void Announce(PublishedBroadcast broadcast)
    {
        try
        {
            _announced.Add(broadcast.Number, _session.Local.Publish(broadcast.Name, broadcast.Broadcast));
        }
        catch (MoqSessionClosedException)
        {
            // Its end is on the way to the loop.
        }
    }

    /// <summary>Takes back what <see cref="Announce"/> announced; a successor of the same name stays.</summary>
    internal void Withdraw(long broadcast)
    {
        if (_announced.Remove(broadcast, out var registration))
            registration.Dispose();
    }

    private async Task WatchAsync()
    {
        var end = await _session.Ended.ConfigureAwait(false);
        var cause = end.Cause switch
        {
            TransportEndCause.ClosedByApplication => SessionEnd.Closed,
            TransportEndCause.TimedOut => SessionEnd.TimedOut,
            TransportEndCause.Reset => SessionEnd.Reset,
            _ => SessionEnd.TransportError,
        };
        _closed.TrySet(new SessionClosed(this, cause, Session.ClosedException(end).Code, end.Reason, end.IsRemote));
    }
}
