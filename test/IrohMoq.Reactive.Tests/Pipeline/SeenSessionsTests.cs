using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class SeenSessionsTests
{
    /// <summary>The end of a session may be among the notices that a slow subscriber has skipped.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task EndedSessions_AreRemovedAfterEachGap(CancellationToken token)
    {
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var connections = await RealConnections.CreateAsync(network, 3, token);
        var sessions = connections
            .Select(connection => new SharedSession(connection, isOutbound: false, network.Runtime, NullLogger.Instance)).ToArray();
        var seen = new SeenSessions();
        foreach (var session in sessions)
            seen.Add(session);

        await EndAsync(0);
        seen.OnSkipped(0);
        Assert.That(seen.Count, Is.EqualTo(3), "nothing was skipped");
        seen.OnSkipped(5);
        Assert.That(seen.Count, Is.EqualTo(2));

        // An item was delivered in between, so that the number began at zero again.
        await EndAsync(1);
        seen.OnSkipped(3);
        Assert.That(seen.Count, Is.EqualTo(1));
        Assert.That((seen.Remove(sessions[1]), seen.Remove(sessions[2])), Is.EqualTo((false, true)));

        async Task EndAsync(int i)
        {
            connections[i].Transport.Close(0, "");
            await connections[i].Transport.Closed.WaitAsync(token);
            sessions[i].End();
        }
    }
}
