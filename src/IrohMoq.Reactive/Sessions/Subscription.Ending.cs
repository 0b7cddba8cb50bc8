using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <content>Ends the subscription: waits for the groups that are in flight, and for the readers.</content>
internal sealed partial class Subscription
{
    /// <summary>
    /// Gets a value indicating whether the publisher has reset the stream of the subscription. <see cref="End"/> tells how it ended, which
    /// may be known a little later.
    /// </summary>
    public bool IsReset { get; private set; }

    /// <summary>
    /// Ends the track after the publisher has ended the subscription. The publisher waits until this side ends the stream, which tells
    /// whether the readers have received everything.
    /// </summary>
    private async ValueTask DeliverAsync(BidiStream stream)
    {
        if (!await _decided.WaitAsync().ConfigureAwait(false))
            return;
        _updates!.SendSignsOfLife();
        await WaitForLateGroupsAsync(_ended.Token).ConfigureAwait(false);
        ThrowIfViolated();
        var read = Connection.Served.AddRead(_track.Producer.State);
        Connection.Reading.Increment();
        try
        {
            if (await _track.FinishAsync(this).ConfigureAwait(false) is not { } isRead)
                return;
            if (isRead)
                stream.Send.Finish();
            else
                stream.Send.Reset(MoqErrorCode.SlowReader, Version);
        }
        finally
        {
            Connection.Reading.Decrement();
            Connection.Watch(ReleaseWhenReceivedAsync(stream.Send, read));
        }
    }

    /// <summary>Releases a subscription that was read when the peer has received its end, for which a graceful close waits.</summary>
    private static async Task ReleaseWhenReceivedAsync(ISendStream stream, IDisposable read)
    {
        using (read)
            await stream.Closed.ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for the groups that are in flight. If the publisher has told where the track ends, it is known which groups are missing, and
    /// they are waited for as long as they have not expired: see moq-lite-06, "SUBSCRIBE_END".
    /// </summary>
    /// <param name="ended">A token that ends the wait.</param>
    private async ValueTask WaitForLateGroupsAsync(CancellationToken ended)
    {
        var isEndKnown = !_track.Earlier.AreRequested && TrackEnd is not null && Start is not null;
        var late = isEndKnown && !IsWithdrawn ? _track.Awaited.Patience(LateGroups, Start!.Value, TrackEnd!.Value) : LateGroups;
        if (!await _arrivals.WaitForLateAsync(late, isEndKnown ? HasAll : null, ended).ConfigureAwait(false))
            await DrainAsync().ConfigureAwait(false);
    }

    private bool HasAll() => _track.Awaited.HaveCome(Start!.Value, TrackEnd!.Value);

    /// <summary>Waits until all groups that had arrived by the end of the connection are received.</summary>
    private async ValueTask DrainAsync()
    {
        _decided.TrySet(false);
        await Connection.StreamsDrained.ConfigureAwait(false);
        await _arrivals.WaitForNoneAsync().ConfigureAwait(false);
    }

    private async ValueTask<SubscriptionEnd> LoseAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        var end = await Connection.WhenEndedAsync().ConfigureAwait(false);
        return new SubscriptionEnd(MoqConnection.CodeOf(end), () => Connection.ClosedException(end), IsLost: true);
    }

    /// <summary>Returns the end of a subscription that the peer does not accept because it is going away.</summary>
    private SubscriptionEnd Refused() => new(
        MoqErrorCode.GoingAway,
        () => new MoqStreamException(
            MoqErrorCode.GoingAway,
            $"The peer is going away and accepts no subscription to {_track.Name}. Dial it again, or another peer that has the "
                + "broadcast.",
            isRemote: true),
        IsLost: true);

    private SubscriptionEnd Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        Connection.Log.SubscriptionFailed(Connection.RemoteName, id, code, message);
        return SubscriptionEnd.Failed(code, message, isRemote);
    }
}
