using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Opens the streams of the subscription.</content>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    /// <summary>
    /// Subscribes, and requests the properties of the track if the version has such a request. Both are requested at once: groups that
    /// arrive before the properties wait for them. The stream that ends soon is opened first, so that subscriptions up to the limit of the
    /// peer do not wait for one another.
    /// </summary>
    /// <returns>The stream of the subscription, and the request of the properties, which the caller awaits.</returns>
    private async ValueTask<(BidiStream Stream, Task<TrackInfo>? Asking)> OpenAsync(SubscribeRequest request, Subscribe subscribe)
    {
        if (!Version.HasTrackInfo)
            return (await OpenSubscribeAsync(request, subscribe).ConfigureAwait(false), null);
        var first = await request.OpenAsync().ConfigureAwait(false);
        var asking = request.ReadInfoAsync(first, new TrackRequest(subscribe.Broadcast, subscribe.Track), _ended.Token).AsTask();
        try
        {
            return (await OpenSubscribeAsync(request, subscribe).ConfigureAwait(false), asking);
        }
        catch
        {
            _ended.Cancel();
            // The request ends its own stream. However it ends, the reading fails because there is no subscription.
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async ValueTask<BidiStream> OpenSubscribeAsync(SubscribeRequest request, Subscribe subscribe)
    {
        var stream = await request.OpenAsync().ConfigureAwait(false);
        try
        {
            await stream.Send.WriteOpeningAsync(subscribe, Version).ConfigureAwait(false);
            return stream;
        }
        catch (Exception failure)
        {
            Connection.GiveUp(stream, failure);
            throw;
        }
    }
}
