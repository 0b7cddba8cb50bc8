using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <content>Closes the connection, and disposes it after its end or after another connection has replaced it.</content>
internal sealed partial class MoqConnection
{
    /// <summary>
    /// The reason text that is sent with <see cref="MoqErrorCode.Superseded"/>. It is for logs only; peers act on the code.
    /// </summary>
    internal const string SupersededReason = "superseded";

    private Task _retiring = Task.CompletedTask;

    /// <summary>Closes the connection. If it is closed more than once, the first call determines the code and the reason.</summary>
    internal void Close(MoqErrorCode code, string reason)
    {
        Interlocked.CompareExchange(ref _closedWith, new StrongBox<MoqErrorCode>(code), null);
        try
        {
            Transport.Close(StreamExtensions.ToCloseCode(code, Version), reason);
        }
        catch (Exception fault)
        {
            EndAfter(fault);
        }
    }

    /// <summary>
    /// Closes the connection after a fault of this library or of the transport, and logs the fault. Operations that wait on the
    /// connection then fail with its end. This method does not throw.
    /// </summary>
    internal void Fail(Exception fault)
    {
        Log.SessionFailed(RemoteName, fault);
        Close(MoqErrorCode.Transport, "internal error");
    }

    /// <summary>Waits for the connection to end, up to a time limit.</summary>
    /// <param name="time">The maximum time to wait.</param>
    /// <returns>True if the connection is over; false if the time has elapsed.</returns>
    internal async ValueTask<bool> EndsWithinAsync(TimeSpan time)
    {
        try
        {
            await Runtime.DelayAsync(time, Over).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>
    /// Waits until all data that had arrived by the end of the connection was read and every subscription is over. Returns immediately
    /// if the connection was never started, because then there is no reader.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async ValueTask WaitForReadersAsync(CancellationToken cancellationToken)
    {
        if (_local is null)
            return;
        await StreamsDrained.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Carried.WaitForNoneAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates the exception for pending waits, and for calls after the end of the connection.</summary>
    /// <param name="end">How the connection has ended.</param>
    internal MoqSessionClosedException ClosedException(TransportEnd end) => ClosedException(end, HasLeft, Goaway.IsReceived);

    /// <summary>Creates the exception for a session whose last connection has ended.</summary>
    /// <param name="end">How the connection has ended.</param>
    /// <param name="hasLeft">True if one side had asked the other one to leave.</param>
    /// <param name="isAsked">True if it was the peer that had asked.</param>
    internal static MoqSessionClosedException ClosedException(TransportEnd end, bool hasLeft, bool isAsked)
    {
        var (code, cause) = (CodeOf(end), hasLeft ? SessionEndCause.GoingAway : CauseOf(end));
        var isRefused = cause == SessionEndCause.Closed && end.IsRemote && code == MoqErrorCode.Unauthorized;
        var advice = isRefused ? "Dialing again leads to the same result." : "Dial the peer again to go on.";
        return new(code, $"The session is over: {end.ToString().TrimEnd('.')}. {advice}", hasLeft ? isAsked : end.IsRemote)
        {
            Cause = cause,
        };
    }

    /// <summary>
    /// Returns the cause that the application sees for the end of a transport. A dial that fails with another version is no session.
    /// </summary>
    internal static SessionEndCause CauseOf(TransportEnd end) => end.Cause switch
    {
        TransportEndCause.ClosedByApplication => SessionEndCause.Closed,
        TransportEndCause.TimedOut => SessionEndCause.TimedOut,
        TransportEndCause.Reset => SessionEndCause.Reset,
        TransportEndCause.NoViablePath => SessionEndCause.NoViablePath,
        TransportEndCause.AeadLimitReached => SessionEndCause.AeadLimitReached,
        _ => SessionEndCause.TransportError,
    };

    /// <summary>Returns the code of an end that a call of the transport has reported.</summary>
    internal MoqErrorCode CodeOf(TransportClosedException closed) => CodeOf(FromWire(closed.End));

    /// <summary>Returns the code of <see cref="End"/> or <see cref="Ended"/>.</summary>
    internal static MoqErrorCode CodeOf(TransportEnd end) => end.Cause switch
    {
        TransportEndCause.ClosedByApplication when end.Code <= uint.MaxValue => new MoqErrorCode((uint)end.Code),
        TransportEndCause.TimedOut => MoqErrorCode.Timeout,
        _ => MoqErrorCode.Transport,
    };

    /// <summary>
    /// Closes the connection when it carries no subscriptions any more, or when the time limit elapses, unless it is the session's only
    /// connection by then. A repeated call while the connection is being retired has no effect. Only the pipeline calls this method.
    /// </summary>
    /// <param name="grace">
    /// The time to wait first if broadcasts were announced to the peer on this connection, because a subscription may be in flight.
    /// </param>
    /// <param name="limit">The maximum total time until the connection is closed.</param>
    internal void Retire(TimeSpan grace, TimeSpan limit)
    {
        if (_retiring.IsCompleted)
            _retiring = RetireAsync(grace, limit);
    }

    /// <summary>Disposes the ended transport connection after its last reader has finished, or after the time limit.</summary>
    /// <param name="limit">The maximum time to wait for readers.</param>
    /// <param name="atOnce">A token that ends the wait early.</param>
    internal async ValueTask DisposeAsync(TimeSpan limit, CancellationToken atOnce)
    {
        await _retiring.ConfigureAwait(false);
        using (var time = Runtime.Limit(limit, atOnce))
        {
            try
            {
                await WaitForReadersAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Readers that have not finished by now fail with the end of the session.
            }
        }

        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RetireAsync(TimeSpan grace, TimeSpan limit)
    {
        using (var time = Runtime.Limit(limit, Over))
            await FinishAsync(grace, time.Token).ConfigureAwait(false);
        if (Host is not { } session || !session.IsCarriedOnlyBy(this))
            Close(MoqErrorCode.Superseded, SupersededReason);
    }

    /// <summary>Waits until the connection carries nothing any more that could not continue on another one.</summary>
    /// <param name="grace">
    /// The time to wait first if broadcasts were announced to the peer on this connection, because a subscription may be in flight.
    /// </param>
    /// <param name="limit">The token that ends the wait for subscriptions that could move to another connection.</param>
    private async ValueTask FinishAsync(TimeSpan grace, CancellationToken limit)
    {
        try
        {
            if (HasAnnounced)
                await Runtime.DelayAsync(grace, limit).ConfigureAwait(false);
            await Carried.WaitForNoneAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time limit has elapsed, so remaining subscriptions had time to move to the other connection; or this connection has
            // ended.
        }

        try
        {
            // A subscription whose track has ended does not move: its readers have data left, and the publisher waits for their progress.
            await Served.WaitUntilDeliveredAsync(Over).ConfigureAwait(false);
            await Reading.WaitForNoneAsync(Over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // This connection has ended.
        }
    }

    private TransportEnd FromWire(TransportEnd end)
    {
        if (end.Cause != TransportEndCause.ClosedByApplication)
            return end;
        // Several codes may have the same number in the version.
        var code = !end.IsRemote && Volatile.Read(ref _closedWith) is { } own
            ? own.Value.Value
            : StreamExtensions.FromCloseCode(end.Code, Version);
        return end with { Code = code };
    }

    private async Task WatchAsync()
    {
        try
        {
            EndWith(FromWire(await _closed.ConfigureAwait(false)));
        }
        catch (Exception fault)
        {
            EndAfter(fault);
        }
    }

    /// <summary>
    /// Ends the connection on this side after a transport call failed that must not fail, so that no operation waits forever for the
    /// end.
    /// </summary>
    private void EndAfter(Exception fault)
    {
        Log.SessionFailed(RemoteName, fault);
        _abnormalEnd = new TransportEnd(TransportEndCause.TransportError, 0, fault.Message, IsRemote: false);
        EndWith(_abnormalEnd);
    }

    private void EndWith(TransportEnd end)
    {
        // Data that has arrived is still delivered. Data that is being sent to the peer is discarded.
        _over.Cancel();
        Setup?.OnEnded();
        _ended.TrySet(end);
    }
}
