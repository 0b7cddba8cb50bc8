using System.Reactive.Concurrency;
using IrohMoq.Transport.Conformance;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>The in-memory transport on the task pool, in real time.</summary>
[NonParallelizable]
public sealed class RealTimeTransportTests : TransportConformance
{
    private InMemoryNetwork _network = null!;
    private int _endpoints;

    [SetUp]
    public void CreateNetwork() => _network = new InMemoryNetwork(TaskPoolScheduler.Default) { Latency = TimeSpan.FromMilliseconds(1) };

    protected override ValueTask<IEndpoint> BindAsync() => new(_network.AddEndpoint($"peer {Interlocked.Increment(ref _endpoints)}"));
}
