using IrohMoq.Transport.Conformance;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>The in-memory transport in virtual time, over a link with latency and jitter.</summary>
[TestFixture(null)]
[TestFixture(100_000_000L)]
public sealed class VirtualTransportTests(long? bandwidth) : TransportConformance
{
    private InMemoryNetwork _network = null!;
    private int _endpoints;

    [SetUp]
    public void CreateNetwork() => _network = new InMemoryNetwork(new TestScheduler(), seed: 1)
    {
        Latency = TimeSpan.FromMilliseconds(20),
        Jitter = TimeSpan.FromMilliseconds(5),
        Bandwidth = bandwidth,
    };

    protected override ValueTask<IEndpoint> BindAsync() => new(_network.AddEndpoint($"peer {++_endpoints}"));

    protected override void Run(Func<Task> body) => _network.Run(body);
}
