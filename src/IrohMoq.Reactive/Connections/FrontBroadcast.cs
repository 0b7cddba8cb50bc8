using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents a broadcast that is read from the sources of a front: the one that they announce, or one below it that is requested from
/// them. This type is thread-safe.
/// </summary>
internal sealed partial class FrontBroadcast : IBroadcastFront, ITrackProvider
{
    private readonly BroadcastFront _front;
    private readonly BroadcastPath _path;
    private readonly ILogger _log;
    private readonly FrontFetcher _fetcher;

    private FrontBroadcast(BroadcastFront front, BroadcastPath path, BroadcastProducer broadcast, ILogger log)
    {
        (_front, _path, Broadcast, _log) = (front, path, broadcast, log);
        _fetcher = new FrontFetcher(this, path);
        broadcast.Provider = this;
        broadcast.RouteChoice = front.RouteTo;
    }

    public BroadcastPath AnnouncedName => _front.Name;

    private BroadcastProducer Broadcast { get; }

    /// <summary>Creates a broadcast whose tracks are read from the sources of a front.</summary>
    /// <param name="front">The front.</param>
    /// <param name="path">The name of the broadcast: that of the front, or one below it.</param>
    /// <param name="limits">The limits of what is received.</param>
    /// <param name="runtime">The clock.</param>
    /// <param name="log">The log.</param>
    public static BroadcastProducer Create(
        BroadcastFront front, BroadcastPath path, SessionLimits limits, Runtime runtime, ILogger log) =>
        new FrontBroadcast(front, path, limits.NewBroadcast(runtime), log).Broadcast;

    public TrackSource? Find(IReadOnlyCollection<BroadcastProducer> except, IReadOnlyCollection<Requester> peers) =>
        _front.Find(_path, except, peers);

    public bool LeadsThrough(BroadcastProducer source, Requester peer) => _front.LeadsThrough(source, peer);

    public IDisposable? HoldSession(BroadcastProducer source) => _front.HoldSession(source);

    public ValueTask<TrackSource?> NextAsync(
        IReadOnlyCollection<BroadcastProducer> except, TrackState track, CancellationToken cancellationToken) =>
        _front.NextAsync(_path, except, track, cancellationToken);
}
