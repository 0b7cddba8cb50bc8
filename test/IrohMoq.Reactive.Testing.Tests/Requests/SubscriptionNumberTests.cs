using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Requests;

/// <summary>The numbers of the subscriptions of this side on one connection.</summary>
public sealed class SubscriptionNumberTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void Number_IsUsedOnce_ThoughItsSubscriptionHasEnded([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        _ = MoqVersions.TryFromAlpn(version, out var spoken);
        var raw = scene.AddRaw("hand", version);
        var dialing = scene.Add("bob").Moq.ConnectAsync(raw.Address);
        var peer = await raw.AcceptAsync();
        var numbers = new List<ulong>();
        var serving = ServeAsync(peer, spoken, numbers);
        var remote = await (await dialing).SubscribeAsync("x");
        for (var i = 0; i < 3; i++)
        {
            using (remote.Track("t").Open())
            using (remote.Track("u").Open())
                await scene.PauseAsync(1);
            await scene.PauseAsync(1);
        }

        Assert.That(numbers, Has.Count.EqualTo(6).And.Unique);
        peer.Close(0, "");
        await serving;
    });

    private static async Task ServeAsync(ITransportConnection peer, MoqVersion version, List<ulong> numbers)
    {
        var streams = new List<Task>();
        try
        {
            if (version.HasSetup)
            {
                var setup = await peer.OpenUniAsync();
                await setup.WriteOpeningAsync(default(Setup), version);
                setup.Finish();
            }

            while (true)
                streams.Add(ServeAsync(await peer.AcceptBidiAsync(), version, numbers));
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }

        await Task.WhenAll(streams);
    }

    private static async Task ServeAsync(BidiStream stream, MoqVersion version, List<ulong> numbers)
    {
        using var reader = new MessageReader(stream.Receive, version);
        switch (await reader.ReadTypeAsync())
        {
            case (ulong)BidiStreamType.Announce when version.HasRoutes:
                await stream.Send.WriteAsync(new AnnounceOk(9, 1), version);
                await stream.Send.WriteAsync(new AnnounceStart("x"), version);
                break;
            case (ulong)BidiStreamType.Announce:
                if (version.HasSetup)
                    await stream.Send.WriteAsync(new AnnounceOk(9, 1), version);
                await stream.Send.WriteAsync(new Announce(true, "x"), version);
                break;
            case (ulong)BidiStreamType.Track:
                await stream.Send.WriteAsync(new TrackInfo(0, Ordered: true, 1_000, 1_000), version);
                stream.Send.Finish();
                break;
            case (ulong)BidiStreamType.Subscribe:
                numbers.Add((await reader.ReadAsync<Subscribe>())!.Value.Id);
                break;
        }
    }
}
