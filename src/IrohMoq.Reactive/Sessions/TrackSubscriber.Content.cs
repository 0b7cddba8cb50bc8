using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>Determines whether a track on another connection has the same content, so that it may continue there.</content>
internal sealed partial class TrackSubscriber
{
    // The broadcast on the connection to which the track may move, and the one on the connection to which it has moved.
    private BroadcastProducer? _found;
    private BroadcastProducer? _source;
    private bool _isReplaced;

    /// <summary>
    /// Determines whether the track on another connection continues the one that is read. That is the case if two connections carry one
    /// session because both peers dialed at once. Who answers after one side has asked the other one to leave, or who has dialed again, may
    /// be another program: it has the same content only if it announces the broadcast with the same origin. See moq-lite, "Route
    /// Resolution".
    /// </summary>
    /// <param name="from">The connection that is left.</param>
    /// <param name="to">The other connection.</param>
    /// <param name="token">The token that ends the wait, at the latest with the track subscriber.</param>
    /// <returns>Null if the other connection ends before that is known.</returns>
    /// <exception cref="OperationCanceledException">The broadcast is not announced in time, or the token was canceled.</exception>
    private async ValueTask<bool?> IsSameContentAsync(MoqConnection from, MoqConnection to, CancellationToken token)
    {
        if (IsWithdrawn(Volatile.Read(ref _found)))
            return false;
        Volatile.Write(ref _found, null);
        if (!from.IsLeaving && from.Host == to.Host)
            return true;
        // Whether the broadcast is the one that was read is not known if it was not announced where the track continued before.
        if (HasMoved && _source is null)
            return false;
        using var limit = _runtime.Limit(to.Limits.Handover, token);
        using var lost = to.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
        try
        {
            var source = await to.Announced.WaitAsync(AnnouncedName, limit.Token).ConfigureAwait(false);
            Volatile.Write(ref _found, source);
            return source.Route.HasOriginOf(_broadcast.Route);
        }
        catch (OperationCanceledException) when (!to.IsOpen && !token.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Returns how a track ends that does not continue on another connection.</summary>
    private SubscriptionEnd Last(MoqConnection from, SubscriptionEnd end) =>
        end.IsLost && from.IsLeaving && (_isReplaced || IsWithdrawn(_broadcast) || IsWithdrawn(_source) || IsWithdrawn(_found))
            ? SubscriptionEnd.Failed(
                MoqErrorCode.GoingAway,
                _isReplaced
                    ? $"The publisher of {Name} has gone away, and what replaces it has other content. Subscribe to the broadcast again."
                    : $"The publisher of {Name} has gone away, and has withdrawn the broadcast. Subscribe again to wait for the next one.",
                isRemote: true)
            : end;

    /// <summary>Gets the name under which the broadcast, or what is above it, is announced by its sources.</summary>
    private BroadcastPath AnnouncedName => _front?.AnnouncedName ?? Path;

    private static bool IsWithdrawn(BroadcastProducer? broadcast) => broadcast?.EndCause == BroadcastEndCause.Withdrawn;
}
