using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Asks the peer to leave the connection, and leaves it if the peer asks.</content>
internal sealed partial class MoqConnection
{
    /// <summary>The reason text with which a connection is closed that the peer has asked this side to leave.</summary>
    internal const string LeftReason = "left";

    private RemoteBroadcasts? _announced;
    private TimeLimit? _drainLimit;
    private volatile bool _isDrained;

    /// <summary>Gets the GOAWAY messages of both sides.</summary>
    internal GoawayExchange Goaway { get; }

    /// <summary>Gets a value that indicates whether one side has asked the other one to leave.</summary>
    internal bool IsLeaving => Goaway.IsReceived || Goaway.IsSent;

    /// <summary>
    /// Gets a value that indicates whether new requests may be made: the connection is open, and the peer has not asked this side to leave.
    /// </summary>
    internal bool MayRequest => IsOpen && !Goaway.IsReceived;

    /// <summary>Gets a value that indicates whether the peer has dialed the connection and can be asked to leave it.</summary>
    internal bool MayBeAskedToLeave => !IsOutbound && Version.HasGoaway && MayRequest && _local is not null;

    /// <summary>
    /// Gets a value that indicates whether the connection has ended because one side had asked the other one to leave: one of them has left
    /// it, or has not left it in time.
    /// </summary>
    internal bool HasLeft => IsLeaving && End is { Cause: TransportEndCause.ClosedByApplication } end
        && (end.Code == MoqErrorCode.GoawayTimeout.Value || (end.Code == MoqErrorCode.Cancel.Value && (end.IsRemote || _isDrained)));

    /// <summary>
    /// Gets a value that indicates whether the peer has closed the connection normally without having used it, as a peer does that shuts
    /// down.
    /// </summary>
    internal bool IsTurnedAway =>
        !HasAnnouncedAll.IsSet && End is { Cause: TransportEndCause.ClosedByApplication, IsRemote: true, Code: 0 };

    /// <summary>Gets a value that indicates whether the version of the connection has GOAWAY.</summary>
    internal bool HasGoaway => Version.HasGoaway;

    /// <summary>
    /// Gets the time stamp at which this side dialed the connection to replace another one, which the peer had asked it to leave; null for
    /// any other connection.
    /// </summary>
    internal long? ReplacedAt { get; init; }

    /// <summary>Gets the broadcasts that the peer has announced on this connection. Available only after <see cref="Start"/>.</summary>
    internal RemoteBroadcasts Announced => Volatile.Read(ref _announced)!;

    /// <summary>Gets a result that is set when every broadcast was announced to the peer that was published when the peer asked.</summary>
    internal Completion<bool> HasAnnouncedAll { get; }

    /// <summary>
    /// Opens the stream of a request. Once the peer has asked this side to leave, no request may be made; one that waits for a stream until
    /// then is given up.
    /// </summary>
    /// <param name="what">What is requested, for the exception message.</param>
    /// <param name="cancellationToken">The token that ends the wait for a stream.</param>
    /// <exception cref="MoqStreamException">The peer has asked this side to leave.</exception>
    internal async ValueTask<BidiStream> OpenRequestAsync(string what, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Goaway.Asked);
        try
        {
            if (!Goaway.IsReceived)
                return await Transport.OpenBidiAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Goaway.IsReceived && !cancellationToken.IsCancellationRequested)
        {
            // The request fails as one does that is made now.
        }

        throw new MoqStreamException(
            MoqErrorCode.GoingAway,
            $"The peer is going away and accepts no request for {what}. Dial it again, or another peer that has the broadcast.",
            isRemote: true);
    }

    /// <summary>
    /// Leaves the connection: closes it with code 0 when it carries no subscriptions any more, or when the time limit elapses, even if it
    /// is the only connection of the session. A repeated call may set a shorter limit. Only the pipeline calls this method.
    /// </summary>
    /// <param name="grace">
    /// The time to wait first if broadcasts were announced to the peer on this connection, because a subscription may be in flight.
    /// </param>
    /// <param name="limit">The maximum time until the connection is closed, or an infinite time.</param>
    internal void Drain(TimeSpan grace, TimeSpan limit)
    {
        if (_drainLimit is null)
        {
            _drainLimit = Runtime.Limit(Timeout.InfiniteTimeSpan, Over);
            _retiring = DrainAsync(_retiring, grace, _drainLimit);
        }

        if (limit != Timeout.InfiniteTimeSpan)
            this.Watch(ExpireAsync(_drainLimit, limit));
    }

    private async Task DrainAsync(Task retiring, TimeSpan grace, TimeLimit limit)
    {
        await retiring.ConfigureAwait(false);
        using (limit)
        {
            if (Host is { } host && host.Others(this) is { Count: > 0 } others)
                await WaitUntilUsedAsync(others[^1], HasAnnounced ? Timeout.InfiniteTimeSpan : grace, limit.Token).ConfigureAwait(false);
            await FinishAsync(grace, limit.Token).ConfigureAwait(false);
        }

        _isDrained = true;
        Close(MoqErrorCode.Cancel, LeftReason);
    }

    /// <summary>
    /// Waits until the peer uses another connection of the session, or that connection ends: a peer that shuts down accepts it, and then
    /// closes it at once. By then the peer knows the broadcasts of this side, which end on this connection.
    /// </summary>
    private async ValueTask WaitUntilUsedAsync(MoqConnection other, TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = Runtime.Limit(time, cancellationToken);
        using var ended = other.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
        try
        {
            await other.HasAnnouncedAll.WaitAsync().WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time limit has elapsed, or one of the two connections has ended.
        }
    }

    private async Task ExpireAsync(TimeLimit limit, TimeSpan time)
    {
        if (!await EndsWithinAsync(time).ConfigureAwait(false))
            limit.Cancel();
    }
}
