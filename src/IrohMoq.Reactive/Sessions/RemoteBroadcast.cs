using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents one broadcast of the peer on one connection: subscribes to its tracks, and provides its single groups and the broadcasts
/// below it. What it needs for that is created on demand, because a peer may announce thousands of broadcasts that nobody reads. This type
/// is thread-safe.
/// </summary>
internal sealed class RemoteBroadcast : ITrackProvider, IBroadcastSource
{
    private readonly MoqConnection _connection;
    private readonly BroadcastPath _path;
    private GroupFetcher? _fetcher;
    private RequestedBroadcasts? _below;

    private RemoteBroadcast(MoqConnection connection, BroadcastPath path, BroadcastRoute route, bool isAnnounced)
    {
        (_connection, _path) = (connection, path);
        Producer = connection.Limits.NewBroadcast(connection.Runtime);
        Producer.Route = route;
        // These must be set before the broadcast is announced, because a reader may request a track immediately.
        Producer.Provider = this;
        if (isAnnounced && connection.Version.HasRoutes)
            Producer.Below = this;
    }

    /// <summary>Gets the broadcast, as it is published here.</summary>
    public BroadcastProducer Producer { get; }

    private GroupFetcher Fetcher => Volatile.Read(ref _fetcher)
        ?? LazyInitializer.EnsureInitialized(ref _fetcher, () => new GroupFetcher(_connection, _path, Producer));

    /// <summary>Creates a broadcast that the peer has announced. Where prefixes are announced, names below it can be requested.</summary>
    /// <param name="connection">The connection on which it was announced.</param>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="route">The route to this side.</param>
    public static RemoteBroadcast Announced(MoqConnection connection, BroadcastPath path, BroadcastRoute route) =>
        new(connection, path, route, isAnnounced: true);

    /// <summary>Creates a broadcast that is requested by name from the peer.</summary>
    /// <param name="connection">The connection on which tracks are subscribed to.</param>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="route">The route of the announcement above it.</param>
    public static RemoteBroadcast Requested(MoqConnection connection, BroadcastPath path, BroadcastRoute route) =>
        new(connection, path, route, isAnnounced: false);

    public void Subscribe(TrackProducer track) =>
        _connection.Watch(new TrackSubscriber(_connection, _path, Producer, track).RunAsync());

    public ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken) =>
        Fetcher.FetchAsync(track, sequence, options, cancellationToken);

    public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
        Fetcher.PropertiesAsync(track, cancellationToken);

    public ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, Requester? peer, CancellationToken cancellationToken) =>
        LazyInitializer.EnsureInitialized(ref _below, () => new RequestedBroadcasts(_connection, Producer))
            .RequestAsync(path, peer, cancellationToken);

    /// <summary>Sets the route of the broadcast, and of those below it.</summary>
    public void ChangeRoute(BroadcastRoute route)
    {
        Producer.Route = route;
        Below()?.ChangeRoute(route);
    }

    /// <summary>Ends the broadcast, and those below it. Their subscriptions continue until their own streams end.</summary>
    public void End(BroadcastEnd end)
    {
        Producer.End(end);
        Below()?.End(end);
    }

    private RequestedBroadcasts? Below()
    {
        // Either this finds what is being requested, or the request finds the end or the route that was set before.
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _below);
    }
}
