using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents a session with one peer, which all its handles share. The session outlives its first connection if another connection
/// replaces it: announcements and waiting operations remain. Only the pipeline opens and ends the session; all other members are
/// thread-safe.
/// </summary>
internal sealed partial class SharedSession
{
    private readonly OriginProducer _remote;
    private readonly Completion<SessionClosed> _closed;
    private readonly SessionOrigins _origins;
    private ITimer? _timer;
    private int _isDecided;
    private bool _isClosedByManager;

    /// <summary>Initializes a new instance of the <see cref="SharedSession"/> class with its first connection.</summary>
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

    /// <summary>Gets the broadcasts that are announced to the peer.</summary>
    public OriginProducer Local { get; }

    /// <summary>Gets the broadcasts that the manager has announced to the peer.</summary>
    public AnnouncedBroadcasts Announced { get; }

    /// <summary>Gets the broadcasts that the peer announces.</summary>
    public OriginConsumer Remote { get; }

    public ITransportConnection Transport => Connections.Preferred.Transport;

    /// <summary>Gets or sets the action that reports that the application has created another handle of the session.</summary>
    public Action<SharedSession>? LeaseTaken { get; init; }

    /// <summary>Gets or sets the action that reports that a track which is read by name is read from the session.</summary>
    public Action<SharedSession>? ReadingBegan { get; init; }

    /// <summary>
    /// Gets or sets the action that reports that the application has disposed a handle of the session, or that such a reading has ended.
    /// </summary>
    public Action<SharedSession>? LeaseReturned { get; init; }

    /// <summary>
    /// Gets or sets the action that reports that the application closes the session. It is called before the connections are closed.
    /// </summary>
    public Action<SharedSession>? Closing { get; init; }

    /// <summary>Gets or sets the action that reports that the application accepts the session.</summary>
    public Action<SharedSession>? Accepted { get; init; }

    /// <summary>Gets how the session ended, or null if it has not ended.</summary>
    public SessionClosed? Ended { get; private set; }

    /// <summary>Returns a task that completes when the session has ended.</summary>
    public Task<SessionClosed> WhenClosedAsync() => _closed.WaitAsync();

    /// <summary>
    /// Sets the timer of the session, which calls an action after a time unless the timer is set again or the session ends first. Only
    /// the pipeline calls this method.
    /// </summary>
    public void SetTimer(TimeSpan time, Action elapsed)
    {
        _timer?.Dispose();
        _timer = Runtime.CreateTimer(static state => ((Action)state!)(), elapsed, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keeps the session open, as a handle does, until the returned object is disposed.</summary>
    public IDisposable HoldForReading()
    {
        ReadingBegan?.Invoke(this);
        return new ReadingLease(this);
    }

    /// <summary>Starts to serve the peer and to receive its announcements.</summary>
    public void Open() => Connections.Start(Local, _remote);

    /// <summary>Closes the session for all its handles. The first call determines the code and the reason.</summary>
    public void Close(MoqErrorCode code, string reason)
    {
        // This is reported first, so that a caller who dials next finds the session closing.
        Closing?.Invoke(this);
        Connections.Close(code, reason);
    }

    /// <summary>
    /// Records that the manager closes the session, and returns true on the first call. A graceful close by the application, which may
    /// take as long as its caller allows, does not count. Only the pipeline calls this method.
    /// </summary>
    public bool TryBeginClose() => !_isClosedByManager && (_isClosedByManager = true);

    /// <summary>
    /// Closes the session when the peer has received the finished tracks to which it is subscribed (immediately if there are none), or
    /// when the time limit elapses.
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
                // The time limit has elapsed.
            }
        }

        Close(code, reason);
    }

    /// <summary>Closes the session because the application rejects it.</summary>
    public void Refuse(MoqErrorCode code, string reason)
    {
        Log.Refused(RemoteId.ToShortString(), code, reason);
        Close(code, reason);
    }

    /// <summary>Claims the decision whether the session is accepted. Only the first call returns true.</summary>
    public bool TryDecide() => Interlocked.Exchange(ref _isDecided, 1) == 0;

    /// <summary>Accepts the session. Returns false if it was already accepted or refused.</summary>
    public bool TryAccept()
    {
        if (!TryDecide())
            return false;
        Accepted?.Invoke(this);
        return true;
    }

    /// <summary>Ends the session and completes all operations that wait for it.</summary>
    public SessionClosed End()
    {
        if (Ended is { } before)
            return before;
        var (end, hasLeft, isAsked) = Connections.End();
        _timer?.Dispose();
        // Origins that the application has provided may also serve other sessions.
        if (_origins.Subscribe is null)
            _remote.Close(() => MoqConnection.ClosedException(end, hasLeft, isAsked));
        if (_origins.Publish is null)
            Local.Close(() => MoqConnection.ClosedException(end, hasLeft, isAsked));
        // A handle that is kept after the end must not keep the broadcasts that were published at that time.
        Announced.Clear();
        var closed = hasLeft
            ? new SessionClosed(RemoteId, SessionEndCause.GoingAway, MoqConnection.CodeOf(end), end.Reason, isAsked)
            : new SessionClosed(RemoteId, MoqConnection.CauseOf(end), MoqConnection.CodeOf(end), end.Reason, end.IsRemote);
        Ended = closed;
        _closed.TrySet(closed);
        return closed;
    }

    /// <summary>Keeps a session open for a track that is read from it. Only the first disposal has an effect.</summary>
    private sealed class ReadingLease(SharedSession session) : IDisposable
    {
        private SharedSession? _session = session;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _session, null) is { } session)
                session.LeaseReturned?.Invoke(session);
        }
    }
}

/// <summary>Represents the origins that the application provides for a session; null if the session creates its own.</summary>
/// <param name="Publish">The broadcasts that are announced to the peer.</param>
/// <param name="Subscribe">The origin to which the broadcasts of the peer are added.</param>
internal readonly record struct SessionOrigins(OriginProducer? Publish, OriginProducer? Subscribe);
