using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// A session with one peer, behind all handles of it. It outlives the connection that it began on if another one carries it on: what is
/// announced, and what waits for it, stays. The pipeline opens and ends it; everything else may be called from any thread.
/// </summary>
internal sealed class SharedSession
{
    private readonly OriginProducer _remote;
    private readonly Completion<SessionClosed> _closed;
    private readonly SessionOrigins _origins;
    private ITimer? _timer;
    private int _isDecided;
    private bool _isClosedByManager;

    /// <summary>Creates a session on its first connection.</summary>
    public SharedSession(MoqConnection first, bool isOutbound, Runtime runtime, ILogger log, SessionOrigins origins = default)
    {
        Number = first.Number;
        RemoteId = first.Transport.RemoteId.IsEmpty ? default : new EndpointId(first.Transport.RemoteId.Span);
        IsOutbound = isOutbound;
        Runtime = runtime;
        Log = log;
        _origins = origins;
        Local = origins.Publish ?? new OriginProducer(runtime);
        Announced = new AnnouncedBroadcasts(Local);
        _remote = origins.Subscribe ?? new OriginProducer(runtime);
        Remote = _remote.Consume();
        _closed = new Completion<SessionClosed>(runtime);
        Connections = new ConnectionSet(runtime);
        Connections.Add(first, preferred: first);
    }

    public long Number { get; }

    public EndpointId RemoteId { get; }

    public bool IsOutbound { get; }

    public Runtime Runtime { get; }

    public ILogger Log { get; }

    /// <summary>Gets the connections that carry the session.</summary>
    public ConnectionSet Connections { get; }

    /// <summary>Gets the broadcasts that the peer sees.</summary>
    public OriginProducer Local { get; }

    /// <summary>Gets the broadcasts that the manager has announced to the peer.</summary>
    public AnnouncedBroadcasts Announced { get; }

    /// <summary>Gets the broadcasts that the peer announces.</summary>
    public OriginConsumer Remote { get; }

    public ITransportConnection Transport => Connections.Preferred.Transport;

    /// <summary>Gets or sets the action that reports that the application takes a handle.</summary>
    public Action<SharedSession>? LeaseTaken { get; init; }

    /// <summary>Gets or sets the action that reports that the application disposes a handle.</summary>
    public Action<SharedSession>? LeaseReturned { get; init; }

    /// <summary>Gets or sets the action that reports that the application closes the session, before its connections are closed.</summary>
    public Action<SharedSession>? Closing { get; init; }

    /// <summary>Gets or sets the action that reports that the application accepts the session.</summary>
    public Action<SharedSession>? Accepted { get; init; }

    /// <summary>Gets how the session ended; null while it has not ended.</summary>
    public SessionClosed? Ended { get; private set; }

    /// <summary>Returns a task that completes when the session has ended.</summary>
    public Task<SessionClosed> WhenClosedAsync() => _closed.WaitAsync();

    /// <summary>Calls back after a time, unless it is set again or the session ends first. Only the pipeline sets it.</summary>
    public void SetTimer(TimeSpan time, Action elapsed)
    {
        _timer?.Dispose();
        _timer = Runtime.CreateTimer(static state => ((Action)state!)(), elapsed, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts to serve the peer and to receive its announcements.</summary>
    public void Open() => Connections.Start(Local, _remote);

    /// <summary>Closes the session for all who use it. The first close wins.</summary>
    public void Close(MoqErrorCode code, string reason)
    {
        // First, so that a caller who dials next finds it closing.
        Closing?.Invoke(this);
        Connections.Close(code, reason);
    }

    /// <summary>
    /// Determines whether the manager closes the session for the first time. A graceful close of the application, which may wait for as
    /// long as its caller wants, does not count. Only the pipeline calls it.
    /// </summary>
    public bool TryBeginClose() => !_isClosedByManager && (_isClosedByManager = true);

    /// <summary>
    /// Closes the session when the peer has received the finished tracks that it reads, at once if there are none, and when the limit
    /// elapses.
    /// </summary>
    public async Task CloseWhenDeliveredAsync(
        MoqErrorCode code, string reason, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        using (var time = Runtime.Limit(limit, cancellationToken))
        {
            try
            {
                foreach (var connection in Connections.All)
                    await connection.Served.WaitUntilDeliveredAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The limit has elapsed.
            }
        }

        Close(code, reason);
    }

    /// <summary>Closes a session that the application rejects.</summary>
    public void Refuse(MoqErrorCode code, string reason)
    {
        Log.Refused(RemoteId.ToShortString(), code, reason);
        Close(code, reason);
    }

    /// <summary>Takes the decision about the session. The first call wins.</summary>
    public bool TryDecide() => Interlocked.Exchange(ref _isDecided, 1) == 0;

    /// <summary>Accepts the session, unless it has been decided already.</summary>
    public bool TryAccept()
    {
        if (!TryDecide())
            return false;
        Accepted?.Invoke(this);
        return true;
    }

    /// <summary>Ends the session: everything that waits for it goes on.</summary>
    public SessionClosed End()
    {
        if (Ended is { } before)
            return before;
        var end = Connections.End();
        var cause = end.Cause switch
        {
            TransportEndCause.ClosedByApplication => SessionEndCause.Closed,
            TransportEndCause.TimedOut => SessionEndCause.TimedOut,
            TransportEndCause.Reset => SessionEndCause.Reset,
            _ => SessionEndCause.TransportError,
        };
        _timer?.Dispose();
        // Origins that the application has given serve other sessions as well.
        if (_origins.Subscribe is null)
            _remote.Close(() => MoqConnection.ClosedException(end));
        if (_origins.Publish is null)
            Local.Close(() => MoqConnection.ClosedException(end));
        // A handle that is kept after the end does not keep the broadcasts that were published then.
        Announced.Clear();
        var closed = new SessionClosed(RemoteId, cause, MoqConnection.CodeOf(end), end.Reason, end.IsRemote);
        Ended = closed;
        _closed.TrySet(closed);
        return closed;
    }
}

/// <summary>Origins of the application's own for a session; null where the session has its own.</summary>
/// <param name="Publish">The broadcasts that the peer sees.</param>
/// <param name="Subscribe">Receives the broadcasts that the peer announces.</param>
internal readonly record struct SessionOrigins(OriginProducer? Publish, OriginProducer? Subscribe);
