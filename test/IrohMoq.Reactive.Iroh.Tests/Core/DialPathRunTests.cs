using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Dials of several addresses at once, of which some are dead or belong to somebody else.</summary>
[Parallelizable(ParallelScope.All)]
public class DialPathRunTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkModel Link = new() { Delay = TimeSpan.FromMilliseconds(10) };

    [Test]
    public void DeadAddresses_CostNothing([Values(0, 3, 7)] int place, [Values(0.0, 0.1)] double loss)
    {
        for (var seed = 1; seed <= 15; seed++)
        {
            using var world = new World(seed, loss);
            NetworkAddress[] remotes = [.. Enumerable.Range(0, 8).Select(i => i == place ? world.ServerAddress : World.Dead(i))];
            var dialed = world.Dial(remotes);
            Assert.That(dialed.ConfirmedAt, Is.LessThan(loss > 0 ? 8 * Second : 0.1 * Second), world.Description);
            Assert.That(
                (dialed.Core.AnsweredFrom?.Remote, dialed.Core.Path.Remote), Is.EqualTo((world.ServerAddress, world.ServerAddress)));
            world.Transfer();
            // What is sent to the dead addresses is the first flight, until there is an answer.
            Assert.That(world.Network.Unroutable, Is.InRange(loss > 0 ? 1 : 7, 7 * 20), world.Description);
        }
    }

    [Test]
    public void TwoAddressesOfOnePeer_GetOneConnection([Values(1, 5, 10, 15, 30)] int otherDelay, [Values(0.0, 0.1)] double loss)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var world = new World(seed, loss);
            world.Client.AddLink(world.ServerAddress2, Link with { Delay = TimeSpan.FromMilliseconds(otherDelay), Loss = loss });
            var dialed = world.Dial(world.ServerAddress, world.ServerAddress2);
            Assert.That(dialed.ConfirmedAt, Is.LessThan(loss > 0 ? 8 * Second : 0.1 * Second), world.Description);
            Assert.That(dialed.Core.Path.Remote, Is.AnyOf(world.ServerAddress, world.ServerAddress2));
            world.Transfer();
        }
    }

    /// <summary>Another endpoint has one of the addresses by now, and answers before or after the peer, or between its packets.</summary>
    [Test]
    public void AddressOfAnotherEndpoint_DoesNotPreventTheConnection_UnlessItAnswersFirst(
        [Values(1, 9, 10, 11, 15, 30, 200)] int otherDelay, [Values(0.0, 0.1)] double loss, [Values] bool isFirst)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var world = new World(seed, loss);
            world.Client.AddLink(World.OtherAddress, Link with { Delay = TimeSpan.FromMilliseconds(otherDelay), Loss = loss });
            NetworkAddress[] remotes = [World.OtherAddress, world.ServerAddress];
            var dialed = world.Begin(isFirst ? remotes : [.. remotes.Reverse()]);
            world.Network.RunUntil(() => dialed.ConfirmedAt is not null || dialed.End is not null, 20 * Second);
            if (dialed.ConfirmedAt is not null)
            {
                Assert.That((dialed.Core.Path.Remote, dialed.ConfirmedAt < 9 * Second), Is.EqualTo((world.ServerAddress, true)));
                world.Transfer();
                continue;
            }

            // The dialer dials again without the address from which the other endpoint has answered.
            Assert.That(otherDelay <= 10 || loss > 0, Is.True, $"the peer was first. {world.Description}");
            Assert.That(dialed.End!.Cause, Is.EqualTo(TransportEndCause.TransportError), world.Description);
            Assert.That(
                (dialed.Core.IsWrongPeer, dialed.Core.AnsweredFrom?.Remote), Is.EqualTo((true, World.OtherAddress)), world.Description);
            Assert.That(dialed.EndedAt, Is.LessThan(9 * Second), world.Description);
        }
    }

    /// <summary>A client, a server with two addresses, and another endpoint.</summary>
    private sealed class World : IDisposable
    {
        public static readonly NetworkAddress OtherAddress = VirtualPair.AddressOf(4, 443);

        private readonly VirtualHost _other;

        public World(int seed, double loss)
        {
            Network = new VirtualNetwork(seed);
            Client = Network.AddHost(Link with { Loss = loss }, null, VirtualPair.ClientAddress);
            Server = Network.AddHost(Link with { Loss = loss }, null, ServerAddress, ServerAddress2);
            _other = Network.AddHost(Link with { Loss = loss }, null, OtherAddress);
        }

        public VirtualNetwork Network { get; }

        public VirtualHost Client { get; }

        public VirtualHost Server { get; }

        public NetworkAddress ServerAddress { get; } = VirtualPair.ServerAddress;

        public NetworkAddress ServerAddress2 { get; } = VirtualPair.AddressOf(3, 443);

        public string Description =>
            $"Seed {Network.Seed} at {Network.Elapsed}: dialed {Dialed.End?.ToString() ?? "open"}, "
            + $"answered from {Dialed.Core.AnsweredFrom?.Remote}, "
            + $"{Server.Connections.Count} accepted, {_other.Connections.Count} by the other endpoint.";

        private VirtualConnection Dialed => Client.Connections[0];

        public static NetworkAddress Dead(int number) => VirtualPair.AddressOf((byte)(100 + number), 443);

        public VirtualConnection Begin(params NetworkAddress[] remotes) => Client.Dial(Server.Id, remotes);

        public VirtualConnection Dial(params NetworkAddress[] remotes)
        {
            var dialed = Begin(remotes);
            Network.RunUntil(() => dialed.ConfirmedAt is not null || dialed.End is not null, 20 * Second);
            Assert.That((dialed.End, dialed.ConfirmedAt is not null), Is.EqualTo(((TransportEnd?)null, true)), Description);
            return dialed;
        }

        /// <summary>Sends to the server on the connection, of which it has one.</summary>
        public void Transfer()
        {
            var sent = VirtualPair.Payload(Network.Seed, 50_000);
            VirtualStream? received = null;
            Server.Connections.Single().Accepted = stream => received = stream;
            Dialed.Open(isUni: true, stream => stream.Send.WriteAll(sent));
            Network.RunUntil(() => received?.Receive.IsOver == true || Dialed.End is not null, 20 * Second);
            Assert.That((received?.Receive.Hash, Dialed.End), Is.EqualTo((VirtualPair.HashOf(sent), (TransportEnd?)null)), Description);
        }

        public void Dispose() => Network.Dispose();
    }
}
