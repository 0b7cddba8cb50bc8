using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents a broadcast that is read from the sources of a front: the one that they announce, or one below it that is requested from
/// them. This type is thread-safe.
/// </summary>
internal sealed class FrontBroadcast : IBroadcastFront
{
    private readonly BroadcastFront _front;
    private readonly BroadcastPath _path;

    private FrontBroadcast(BroadcastFront front, BroadcastPath path, BroadcastProducer broadcast)
    {
        (_front, _path, Broadcast) = (front, path, broadcast);
        broadcast.TrackRequested = Read;
        broadcast.Fetcher = new FrontFetcher(this, path);
        broadcast.RouteChoice = front.RouteTo;
    }

    public BroadcastPath AnnouncedName => _front.Name;

    private BroadcastProducer Broadcast { get; }

    /// <summary>Creates a broadcast whose tracks are read from the sources of a front.</summary>
    /// <param name="front">The front.</param>
    /// <param name="path">The name of the broadcast: that of the front, or one below it.</param>
    /// <param name="limits">The limits of what is received.</param>
    /// <param name="runtime">The clock.</param>
    public static BroadcastProducer Create(BroadcastFront front, BroadcastPath path, SessionLimits limits, Runtime runtime) =>
        new FrontBroadcast(front, path, limits.NewBroadcast(runtime)).Broadcast;

    public TrackSource? Find(IReadOnlyCollection<BroadcastProducer> except, IReadOnlyCollection<Requester> peers) =>
        _front.Find(_path, except, peers);

    public bool LeadsThrough(BroadcastProducer source, Requester peer) => _front.LeadsThrough(source, peer);

    public IDisposable? HoldSession(BroadcastProducer source) => _front.HoldSession(source);

    public ValueTask<TrackSource?> NextAsync(
        IReadOnlyCollection<BroadcastProducer> except, TrackState track, CancellationToken cancellationToken) =>
        _front.NextAsync(_path, except, track, cancellationToken);

    /// <summary>Reads a track that a reader has requested.</summary>
    private void Read(TrackProducer track)
    {
        if (Find([], track.State.ReadingPeers()) is { } source)
            Read(track, source);
        else
            _ = ReadLaterAsync(track);
    }

    private void Read(TrackProducer track, TrackSource source)
    {
        var subscriber = new TrackSubscriber(source.Connection, _path, Broadcast, track, this, source.Broadcast);
        source.Connection.Watch(subscriber.RunAsync());
    }

    /// <summary>Reads a track as soon as there is a source again.</summary>
    private async Task ReadLaterAsync(TrackProducer track)
    {
        if (await NextAsync([], track.State, CancellationToken.None).ConfigureAwait(false) is { } source)
        {
            Read(track, source);
            return;
        }

        track.State.Fail(
            MoqErrorCode.Closed,
            () => new MoqStreamException(
                MoqErrorCode.Closed, $"No peer that has '{_path}' can be asked for '{track.Name}'. Subscribe to the broadcast again."));
        Broadcast.Remove(track);
        track.Dispose();
    }
}
