using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A connection that carries a session, or is going to.</summary>
internal sealed class Carrier
{
    private readonly Task<TransportEnd> _connectionClosed;
    private Task _retiring = Task.CompletedTask;

    public Carrier(long number, ITransportConnection connection, bool isOutbound, Runtime runtime, ILogger log, SessionLimits? limits = null)
    {
        Number = number;
        IsOutbound = isOutbound;
        RemoteId = connection.RemoteId.IsEmpty ? default : new EndpointId(connection.RemoteId.Span);
        _connectionClosed = connection.Closed;
        Session = new Session(connection, runtime, limits ?? SessionLimits.Default, log);
    }

    public long Number { get; }

    public bool IsOutbound { get; }

    /// <summary>The peer's id, or the default where the transport knows none.</summary>
    public EndpointId RemoteId { get; }

    /// <summary>moq-lite on the connection.</summary>
    public Session Session { get; }

    public ITransportConnection Connection => Session.Connection;

    /// <summary>How it ended, or null while it is open.</summary>
#pragma warning disable VSTHRD002, VSTHRD104 // It is completed: this only takes its result.
    public TransportEnd? End => _connectionClosed.IsCompletedSuccessfully ? _connectionClosed.Result : null;
#pragma warning restore VSTHRD002, VSTHRD104

    /// <summary>False as soon as the connection is over, before its end is reported.</summary>
    public bool IsOpen => !_connectionClosed.IsCompleted;

    /// <summary>True if the peer closed it because it has another connection with this side.</summary>
    public bool IsSupersededByPeer =>
        End is { IsRemote: true, Cause: TransportEndCause.ClosedByApplication, Reason: SharedSession.SupersededReason } end && end.Code == MoqErrorCode.Superseded.Value;

    /// <summary>True once somebody waits for its end. Only the pipeline's loop touches it.</summary>
    public bool IsWatched { get; set; }

    /// <summary>What it carries, once that is decided.</summary>
    public SharedSession? Carries { get; private set; }

    /// <summary>From now on it carries a session.</summary>
    public void Carry(SharedSession session, ISessionHost host)
    {
        Session.Host = host;
        Carries = session;
    }

    /// <summary>
    /// Closes the connection once it carries no subscription, at the latest after the limit, unless by then the session has nothing else. What the peer has been told of here it may be subscribing to, so that gets a moment. Again changes
    /// nothing. Only the pipeline's loop calls it.
    /// </summary>
    public void Retire(TimeSpan moment, TimeSpan limit)
    {
        if (_retiring.IsCompleted)
            _retiring = RetireAsync(moment, limit);
    }

    /// <summary>Disposes the connection, which is over, when nobody reads from it any more.</summary>
    /// <param name="limit">How long readers may take at most.</param>
    /// <param name="atOnce">Ends the wait for them.</param>
    public async ValueTask DisposeAsync(TimeSpan limit, CancellationToken atOnce)
    {
        // It ends with the connection, and waits for the same subscriptions.
        await _retiring.ConfigureAwait(false);
        using (var time = Session.Runtime.Limit(limit, atOnce))
        {
            try
            {
                await Session.WaitForReadersAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // What they have not read by now is lost, and they are told so.
            }
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RetireAsync(TimeSpan moment, TimeSpan limit)
    {
        using var time = Session.Runtime.Limit(limit, Session.Over);
        try
        {
            if (Session.HasAnnounced)
                await Session.Runtime.DelayAsync(moment, time.Token).ConfigureAwait(false);
            await Session.Carried.WaitForNoneAsync(time.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What runs on it is over: it could have moved meanwhile. Or the connection is over by itself.
        }

        if (Carries is not { } session || !session.IsCarriedOnlyBy(this))
            Session.Close(MoqErrorCode.Superseded, SharedSession.SupersededReason);
    }
}
