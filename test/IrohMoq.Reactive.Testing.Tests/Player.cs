namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>A peer of a <see cref="Scene"/>, and what its application has been told.</summary>
internal sealed class Player
{
    private readonly Scene _scene;

    public Player(Scene scene, Moq moq)
    {
        _scene = scene;
        Moq = moq;
        moq.SessionEvents().Subscribe(
            happened => Events.Add(happened.Closed is { } closed ? $"closes {closed.Code.Value}" : "opens"),
            failure => Events.Add($"fails: {failure.GetType().Name}"),
            () => Events.Add("complete"));
        moq.SessionClosures().Subscribe(Closures.Add, static _ => { });
    }

    public Moq Moq { get; }

    public InMemoryEndpoint Endpoint => _scene.Network.EndpointOf(Moq);

    public EndpointId Id => Endpoint.Id;

    public EndpointAddr Address => Endpoint.Address;

    /// <summary>Gets the events of <see cref="Moq.SessionEvents"/>: "opens", "closes CODE", "complete" or "fails: TYPE".</summary>
    public List<string> Events { get; } = [];

    public List<SessionClosed> Closures { get; } = [];

    public Task<MoqSession> ConnectAsync(Player other, CancellationToken cancellationToken = default) =>
        Moq.ConnectAsync(other.Address, cancellationToken);

    /// <summary>Returns the only open session.</summary>
    public async Task<MoqSession> OpenSessionAsync()
    {
        await foreach (var sessions in Moq.ReadOpenSessionsAsync())
            return sessions.Single();
        throw new AssertionException("The manager has ended.");
    }
}
