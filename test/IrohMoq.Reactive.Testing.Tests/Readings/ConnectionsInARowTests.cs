using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>One reading goes over one connection after another, and its reader gets every group once and whole.</summary>
public sealed class ConnectionsInARowTests
{
    private const int Connections = 3;

    [Test]
    public void GroupThatIsUnderWayAgainAndAgain_IsReadOnce_FromItsFirstFrameToItsLast([Values] bool isLossless) => Scene.Run(async scene =>
    {
        var (hand, bob) = (scene.AddRaw("hand", "moq-lite-03"), scene.AddRaw("bob"));
        var session = new ChosenConnection(scene.Network.Runtime);
        var (local, remote) = (new OriginProducer(scene.Network.Runtime), new OriginProducer(scene.Network.Runtime));
        var subscriptions = Enumerable.Range(0, Connections).Select(_ => new Completion<HandSubscription>(scene.Network.Runtime)).ToArray();
        var connections = new List<MoqConnection>();
        foreach (var subscribed in subscriptions)
        {
            var accepting = hand.AcceptAsync().AsTask();
            var transport = await bob.ConnectAsync(hand.Address, ["moq-lite-03"]);
            _ = HandPublisher.ServeAsync(await accepting, subscription =>
            {
                subscribed.TrySet(subscription);
                return Task.CompletedTask;
            });
            connections.Add(new MoqConnection(
                connections.Count, transport, isOutbound: true, scene.Network.Runtime, SessionLimits.Default, NullLogger.Instance));
        }

        session.Choose(connections[0]);
        connections[0].Start(local, remote);
        var reading = ReadAsync(await remote.Consume().WaitAsync("x"));
        var asked = new List<ulong?>();
        for (var i = 0; i < Connections; i++)
        {
            var subscription = await subscriptions[i].WaitAsync();
            asked.Add(subscription.Asked.StartGroup);
            await subscription.AnswerAsync(
                new DeliveryTerms(0, true, isLossless ? SubscriptionTerms.Everything : 10_000, StartGroup: i == 0 ? 0UL : 1));
            if (i == 0)
                await subscription.SendAsync(0, frames: 2);
            // Each connection has one more frame; the frames of the connections before it are sent again.
            var group = await subscription.BeginAsync(1);
            await HandSubscription.WriteAsync(group, frames: i + 1, bytes: 10);
            await scene.PauseAsync(0.1);
            if (i + 1 < Connections)
            {
                connections[i + 1].Host = session;
                connections[i + 1].Start(local, new OriginProducer(scene.Network.Runtime));
                session.Choose(connections[i + 1]);
                await scene.PauseAsync(0.1);
                continue;
            }

            group.Finish();
            await subscription.SendAsync(2);
            subscription.Finish();
        }

        Assert.That(await reading, Is.EqualTo(new (ulong, int)[] { (0, 2), (1, 3), (2, 1) }));
        Assert.That(asked, Is.EqualTo(new ulong?[] { null, 1, 1 }));
        foreach (var connection in connections)
            connection.Close(MoqErrorCode.Cancel, "over");
    });

    private static async Task<List<(ulong Sequence, int Frames)>> ReadAsync(BroadcastConsumer broadcast)
    {
        var groups = new List<(ulong, int)>();
        await foreach (var group in broadcast.Track("t").ReadGroupsAsync())
        {
            var frames = 0;
            await foreach (var frame in group.ReadFramesAsync())
                frames++;
            groups.Add((group.Sequence, frames));
        }

        return groups;
    }
}
