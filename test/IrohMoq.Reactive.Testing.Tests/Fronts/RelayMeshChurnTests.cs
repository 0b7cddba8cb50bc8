namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Relays that publish what they read, also to each other, while their sessions come and go at random: every relay that has a way to the
/// publisher has the broadcast and hears the publisher, and no relay keeps the broadcast when the publisher has gone.
/// </summary>
public sealed class RelayMeshChurnTests
{
    private const int Relays = 4;
    private const int Rounds = 6;

    [Test]
    public void EveryRelayWithAWayHearsThePublisher_AndNoneWithout(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version, [Range(1, 8)] int seed) => RelayMesh.Run(
        version,
        async mesh =>
        {
            var chance = new Random(seed);
            var relays = Enumerable.Range(0, Relays).Select(number => mesh.Add($"relay {number}")).ToArray();
            Player[] all = [mesh.Publisher, .. relays.Select(static relay => relay.Player)];
            var links = new Dictionary<(int From, int To), MoqSession>();
            using var track = mesh.Sending.Broadcast.CreateTrack("t");
            for (var round = 0; round < Rounds; round++)
            {
                for (var step = 0; step < 6; step++)
                    await ChangeAsync();
                await mesh.Scene.PauseAsync(30);
                var reached = Reached();
                for (var number = 0; number < Relays; number++)
                    Assert.That(relays[number].IsLive, Is.EqualTo(reached.Contains(number + 1)), $"relay {number} in round {round}");
                var heard = reached.Where(static number => number > 0)
                    .Select(number => Scene.HearAsync(relays[number - 1].Had[^1])).ToArray();
                await mesh.Scene.PauseAsync(5);
                Scene.Say(track, $"round {round}");
                foreach (var text in heard)
                    Assert.That(await text, Is.EqualTo($"round {round}").Or.EqualTo($"round {round - 1}"));
            }

            await mesh.Publisher.Moq.ShutdownAsync();
            await mesh.Scene.PauseAsync(30);
            Assert.That(relays.Where(static relay => relay.IsLive), Is.Empty, "The publisher has gone.");

            async Task ChangeAsync()
            {
                var (from, to) = (chance.Next(all.Length), chance.Next(all.Length));
                if (from == to)
                    return;
                if (links.Remove((from, to), out var session) || links.Remove((to, from), out session))
                    session.Close();
                else
                    links.Add((from, to), await all[from].ConnectAsync(all[to]));
                await mesh.Scene.PauseAsync(chance.NextDouble() / 5);
            }

            HashSet<int> Reached()
            {
                HashSet<int> known = [0];
                for (var before = 0; before < known.Count;)
                {
                    before = known.Count;
                    foreach (var (from, to) in links.Keys)
                    {
                        if (known.Contains(from) || known.Contains(to))
                            known.UnionWith([from, to]);
                    }
                }

                return known;
            }
        });
}
