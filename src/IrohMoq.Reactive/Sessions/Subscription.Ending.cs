using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Ends the subscription: waits for the groups that are in flight, and for the readers.</content>
internal sealed partial class Subscription
{
    /// <exception cref="MoqStreamException">
    /// The publisher has ended the subscription without telling where the track ends. A few publishers of moq-lite-05 do so.
    /// </exception>
    private void ThrowIfNoEnd()
    {
        if (Version.HasRoutes && TrackEnd is null)
        {
            throw new MoqStreamException(
                MoqErrorCode.ProtocolViolation,
                $"The publisher ended the subscription to {_reading.Name} without telling where the track ends.",
                isRemote: true);
        }
    }

    /// <summary>
    /// Ends the track after the publisher has ended the subscription. The publisher waits until this side ends the stream, which tells
    /// whether the readers have received everything.
    /// </summary>
    private async ValueTask DeliverAsync(BidiStream stream)
    {
        if (!await _decided.WaitAsync().ConfigureAwait(false))
            return;
        _updates!.SendSignsOfLife();
        await WaitForLateGroupsAsync().ConfigureAwait(false);
        var read = Connection.Served.AddRead(_reading.Track.State);
        Connection.Reading.Increment();
        try
        {
            if (await _reading.FinishAsync(this).ConfigureAwait(false) is not { } isRead)
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

    private async ValueTask WaitForLateGroupsAsync()
    {
        // The publisher ends the stream when it knows of every group that it has arrived.
        if (!_reading.IsExtended && TrackEnd is { } end && Start is { } start && _reading.HasAll(start, end))
            return;
        if (!await _arrivals.WaitForLateAsync().ConfigureAwait(false))
            await DrainAsync().ConfigureAwait(false);
    }

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
        return new SubscriptionEnd(MoqConnection.CodeOf(end), () => MoqConnection.ClosedException(end), IsLost: true);
    }

    /// <summary>Returns the end of a subscription that the peer does not accept because it is going away.</summary>
    private SubscriptionEnd Refused() => new(
        MoqErrorCode.GoingAway,
        () => new MoqStreamException(
            MoqErrorCode.GoingAway,
            $"The peer is going away and accepts no subscription to {_reading.Name}. Dial it again, or another peer that has the "
                + "broadcast.",
            isRemote: true),
        IsLost: true);

    private SubscriptionEnd Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        Connection.Log.SubscriptionFailed(Connection.RemoteName, id, code, message);
        return SubscriptionEnd.Failed(code, message, isRemote);
    }
}
