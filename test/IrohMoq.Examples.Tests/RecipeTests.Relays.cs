using IrohMoq.Examples.Recipes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Examples.Tests;

/// <content>The recipes with relays.</content>
public sealed partial class RecipeTests
{
    [Test]
    public void SeveralRelays_OneEnds_TheReadingGoesOn([Values(0, 1)] int ended) => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        using var lines = broadcast.CreateTrack("lines");
        using var registration = publisher.Publish("studio/main", broadcast);
        Moq[] relays = [network.AddPeer("one"), network.AddPeer("two")];
        foreach (var relay in relays)
        {
            await relay.ConnectAsync(network.AddressOf(publisher));
            SeveralRelays.Forward(relay, "studio/main");
        }

        await relays[0].ConnectAsync(network.AddressOf(relays[1]));
        var shown = new List<string>();
        var reading = SeveralRelays.ReadAsync(reader, relays.Select(network.AddressOf), "studio/main", shown.Add);
        await lines.WaitForSubscriberAsync();
        for (var i = 0; i < 6; i++)
        {
            if (i == 3)
                await relays[ended].ShutdownAsync();
            Peer.Say(lines, $"{i}");
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        }

        lines.Finish();
        await reading;
        Assert.That(shown, Is.EqualTo(new[] { "0", "1", "2", "3", "4", "5" }));
    });
}
