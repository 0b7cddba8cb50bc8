using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Somebody who sees every datagram sends others beside them. The connection must neither end nor deliver a wrong byte.</summary>
[Parallelizable(ParallelScope.All)]
public class HostileNetworkTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkModel Link = new() { Delay = TimeSpan.FromMilliseconds(10), Loss = 0.01, Rate = 1_000_000 };

    private static string[] Attacks => Enum.GetNames<Attack>();

    private enum Attack
    {
        FlippedBits,
        Truncated,
        Extended,
        Random,
        RandomWithTheSameId,
        Replayed,
        Reflected,
        Mixed,
    }

    [Test]
    public void DatagramsOfOthers_ChangeNothing([ValueSource(nameof(Attacks))] string attack)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Link);
            var attacker = new Attacker(pair, Enum.Parse<Attack>(attack));
            var transfer = new VirtualTransfer(pair, 100_000);
            transfer.Complete(20 * Second);
            Assert.That(attacker.Count, Is.GreaterThan(100), pair.Description);
            pair.Network.Filter = null;
            pair.CloseAndCheckMemory();
        }
    }

    private sealed class Attacker
    {
        private readonly VirtualPair _pair;
        private readonly Random _random;
        private readonly List<VirtualDatagram> _seen = [];
        private readonly VirtualLink _link;

        public Attacker(VirtualPair pair, Attack attack)
        {
            _pair = pair;
            _random = new Random(pair.Network.Seed);
            _link = new VirtualLink(pair.Network, Link with { Loss = 0, Rate = 0, Jitter = Second / 50 });
            pair.Network.Filter = datagram =>
            {
                _seen.Add(datagram);
                Send(attack == Attack.Mixed ? (Attack)_random.Next((int)Attack.Mixed) : attack, datagram);
                return true;
            };
        }

        public int Count { get; private set; }

        private void Send(Attack attack, VirtualDatagram datagram)
        {
            var bytes = (byte[])datagram.Bytes.Clone();
            switch (attack)
            {
                case Attack.FlippedBits:
                    for (var i = _random.Next(1, 4); i > 0; i--)
                        bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                    break;
                case Attack.Truncated:
                    bytes = bytes[.._random.Next(1, bytes.Length)];
                    break;
                case Attack.Extended:
                    bytes = [.. bytes, .. VirtualPair.Payload(_random.Next(), 20)];
                    break;
                case Attack.Random:
                    _random.NextBytes(bytes);
                    break;
                case Attack.RandomWithTheSameId:
                    _random.NextBytes(bytes.AsSpan(Math.Min(bytes.Length, 1 + ConnectionId.OwnLength)));
                    break;
                case Attack.Replayed:
                    datagram = _seen[_random.Next(_seen.Count)];
                    bytes = datagram.Bytes;
                    break;
                case Attack.Reflected:
                    datagram = datagram with { Source = datagram.Destination, Destination = datagram.Source };
                    break;
            }

            Count++;
            var target = datagram.Destination == VirtualPair.ServerAddress ? _pair.Server : _pair.Client;
            var sent = datagram with { Bytes = bytes };
            _link.Carry(bytes.Length, () => target.Receive(sent));
        }
    }
}
