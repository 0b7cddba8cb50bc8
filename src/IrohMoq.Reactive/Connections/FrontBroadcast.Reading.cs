using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Connections;

/// <content>Reads the tracks that readers request, single groups and properties.</content>
internal sealed partial class FrontBroadcast
{
    public void Subscribe(TrackProducer track)
    {
        if (Find([], track.State.ReadingPeers()) is { } source)
            Read(track, source);
        else
            _ = ReadLaterAsync(track);
    }

    public ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken) =>
        _fetcher.FetchAsync(track, sequence, options, peer, cancellationToken);

    public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
        _fetcher.PropertiesAsync(track, peer, cancellationToken);

    private void Read(TrackProducer track, TrackSource source)
    {
        var subscriber = new TrackSubscriber(source.Connection, _path, Broadcast, track, this, source.Broadcast);
        source.Connection.Watch(subscriber.RunAsync());
    }

    /// <summary>
    /// Reads a track as soon as there is a source again, unless its last reader leaves before. The returned task never fails: without a
    /// source the track does.
    /// </summary>
    private async Task ReadLaterAsync(TrackProducer track)
    {
        try
        {
            var (source, isUnread) = await FindLaterAsync(track).ConfigureAwait(false);
            if (isUnread)
                track.Dispose();
            else if (source is not null)
                Read(track, source);
            else
                Fail(track, MoqErrorCode.Closed, NoSource(track));
        }
        catch (Exception fault)
        {
            var name = $"Reading track '{track.Name}' of '{_path}'";
            _log.EffectFailed(name, fault);
            Fail(track, MoqErrorCode.Transport, $"{name} failed: {fault.Message}");
        }
    }

    /// <summary>Waits for a source, and removes the track from the broadcast if its last reader leaves before.</summary>
    private async ValueTask<(TrackSource? Source, bool IsUnread)> FindLaterAsync(TrackProducer track)
    {
        using var over = new CancellationTokenSource();
        var removing = TryRemoveWhenUnreadAsync(track, over);
        TrackSource? source = null;
        bool isUnread;
        try
        {
            source = await NextAsync([], track.State, over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The last reader has left.
        }
        finally
        {
            over.Cancel();
            isUnread = await removing.ConfigureAwait(false);
        }

        return (source, isUnread);
    }

    /// <summary>Removes a track from the broadcast when its last reader has left, and then cancels the search for a source.</summary>
    /// <returns>False if the search has ended before.</returns>
    private async Task<bool> TryRemoveWhenUnreadAsync(TrackProducer track, CancellationTokenSource search)
    {
        try
        {
            do
                await track.WaitForNoSubscriberAsync(search.Token).ConfigureAwait(false);
            while (!Broadcast.TryRemoveUnread(track));
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        search.Cancel();
        return true;
    }

    private string NoSource(TrackProducer track) =>
        $"No peer that has '{_path}' can be asked for '{track.Name}'. Subscribe to the broadcast again.";

    private void Fail(TrackProducer track, MoqErrorCode code, string message)
    {
        track.State.Fail(code, () => new MoqStreamException(code, message));
        Broadcast.Remove(track);
        track.Dispose();
    }
}
