using System.Net;
using System.Reactive.Linq;
using System.Security.Cryptography;
using IrohMoq.Examples.Recipes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Examples.Tests;

/// <summary>Runs the code of docs/recipes.md and of the README's queries.</summary>
[Parallelizable(ParallelScope.All)]
public sealed partial class RecipeTests
{
    [Test]
    public void FileToMany_EveryReaderHasTheWholeFile() => Run(async (network, publisher, reader) =>
    {
        var file = new byte[3_000_000];
        new Random(7).NextBytes(file);
        var other = network.AddPeer("other");
        var sending = FileToMany.SendAsync(publisher, "file", new MemoryStream(file), readers: 2);
        await using var first = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var second = await other.ConnectAsync(network.AddressOf(publisher));
        using MemoryStream one = new(), two = new();
        var receiving = FileToMany.ReceiveAsync(first, "file", one);
        await FileToMany.ReceiveAsync(second, "file", two);
        await receiving;
        await sending;
        Assert.That(SHA256.HashData(one.ToArray()), Is.EqualTo(SHA256.HashData(file)));
        Assert.That(SHA256.HashData(two.ToArray()), Is.EqualTo(SHA256.HashData(file)));
    });

    [Test]
    public void FileToMany_FailsOnBothSides_WhenAReaderIsLost() => Run(async (network, publisher, reader) =>
    {
        var sending = FileToMany.SendAsync(publisher, "file", new MemoryStream(new byte[100_000_000]), readers: 1);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        var receiving = FileToMany.ReceiveAsync(session, "file", Stream.Null);
        await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(60));
        network.Partition(publisher, reader);
        var failures = new[] { await FailureOf(receiving), await FailureOf(sending) };
        Assert.That(failures[0], Is.TypeOf<MoqSessionClosedException>());
        Assert.That(failures[1], Is.TypeOf<IOException>().With.Message.StartsWith("1 readers"));
    });

    [Test]
    public void OneGroup_IsThePictureOfItsNumber_OrNone() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var pictures = broadcast.CreateTrack("pictures", new TrackOptions { MaxCachedGroups = 2 });
        using var registration = publisher.Publish("camera", broadcast);
        for (byte i = 0; i < 3; i++)
        {
            using var group = pictures.AppendGroup();
            group.Write([i, i]);
            group.Finish();
        }

        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var remote = await session.SubscribeAsync("camera");
        Assert.That(await OneGroup.PictureAsync(remote.Track("pictures"), 0), Is.Null);
        Assert.That(await OneGroup.PictureAsync(remote.Track("pictures"), 1), Is.EqualTo(new byte[] { 1, 1 }));
        Assert.That(await OneGroup.PictureAsync(remote.Track("pictures"), 3), Is.Null);
    });

    [Test]
    public void LateJoiners_GetTheLinesThatAreKept() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var history = LateJoiners.CreateHistory(broadcast);
        using var registration = publisher.Publish("log", broadcast);
        foreach (var line in new[] { "one", "two", "three" })
        {
            Peer.Say(history, line);
            await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        }

        history.Finish();
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var log = await session.SubscribeAsync("log");
        var lines = new List<string>();
        await LateJoiners.ReadAsync(log, lines.Add);
        Assert.That(lines, Is.EqualTo(new[] { "one", "two", "three" }));
    });

    [Test]
    public void LatestValue_SkipsWhatIsOlder() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var values = broadcast.CreateTrack("values");
        using var registration = publisher.Publish("sensor", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var sensor = await session.SubscribeAsync("sensor");
        var handled = new List<(int Value, long Skipped)>();
        var reading = LatestValue.ReadAsync(sensor.Track("values"), async (value, skipped) =>
        {
            handled.Add((value, skipped));
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        });
        await values.WaitForSubscriberAsync();
        for (var value = 0; value < 30; value++)
        {
            LatestValue.Write(values, value);
            await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100));
        }

        values.Finish();
        await reading;
        Assert.That(handled, Has.Count.InRange(3, 5));
        Assert.That(handled.Sum(static item => item.Skipped + 1), Is.EqualTo(handled[^1].Value + 1));
    });

    [TestCase("clock", "12:00")]
    [TestCase("none", "The track failed with code 13 (not found).")]
    public void Errors_OfATrack(string track, string expected) => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        Peer.Say(broadcast.CreateTrack("clock"), "12:00");
        using var registration = publisher.Publish("studio/main", broadcast);
        Assert.That(await Errors.ReadFirstAsync(reader, network.AddressOf(publisher), track), Is.EqualTo(expected));
    });

    [Test]
    public void Errors_OfAPeer() => Run(async (network, publisher, reader) =>
    {
        var address = network.AddressOf(publisher);
        Assert.That(await Errors.ReadFirstAsync(reader, address, "clock"), Is.EqualTo("The peer does not announce this broadcast."));
        var reading = Errors.ReadFirstAsync(reader, address, "clock");
        network.Kill(publisher);
        Assert.That(await reading, Is.EqualTo("The peer does not announce this broadcast."));
        Assert.That(
            await Errors.ReadFirstAsync(network.AddPeer("third"), address, "clock"),
            Is.EqualTo("The dial failed (TimedOut); dial again later."));
    });

    [Test]
    [CancelAfter(60_000)]
    public async Task Errors_OfAnObserver_GoToTheHandler()
    {
        await using var swarm = new LoopbackSwarm();
        Peer host = await swarm.AddAsync("host"), visitor = await swarm.AddAsync("visitor");
        var handled = new TaskCompletionSource<Exception>();
        using var observing = Errors.Observe(host.Moq, static _ => throw new InvalidOperationException("a bug"), handled.SetResult);
        await using var session = await visitor.Moq.ConnectAsync(host.Address);
        Assert.That(await handled.Task, Is.TypeOf<InvalidOperationException>().With.Message.EqualTo("a bug"));
    }

    [Test]
    public void CrashedPeers_AreConnectedAgain() => Run(async (network, publisher, reader) =>
    {
        var log = new List<string>();
        using var logging = CrashedPeers.Log(reader, network.AddressOf(publisher)).Subscribe(log.Add);
        await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        network.Kill(publisher);
        await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        network.RestartPeer(publisher);
        await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(log, Is.EqualTo(new[] { "connected", "lost: TimedOut", "connected" }));
    });

    [Test]
    public void Compose_ShowsEverything() => Run(async (network, publisher, reader) =>
    {
        var guest = network.AddPeer("guest");
        var shown = new List<string>();
        using var studio = publisher.CreateBroadcast();
        var clock = studio.CreateTrack("clock");
        using var registration = publisher.Publish("studio/main", studio);
        var guests = new HashSet<EndpointId> { network.EndpointOf(guest).Id };
        await Compose.RunAsync(reader, guests, network.AddressOf(publisher), shown.Add, async () =>
        {
            using var chat = guest.CreateBroadcast();
            Peer.Say(chat.CreateTrack("lines"), "hello");
            guest.Publish("chat/guest", chat);
            await guest.ConnectAsync(network.AddressOf(reader));
            Peer.Say(clock, "12:00");
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        });
        Assert.That(shown, Does.Contain("hello").And.Contain("12:00").And.Contain("0 here").And.Contain("2 here"));
        Assert.That(shown.Where(static line => line.StartsWith("SessionEvent", StringComparison.Ordinal)).Count(), Is.EqualTo(2));
    });

    [Test]
    public void SlowReader_ConcealsWhatItMissed() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var video = broadcast.CreateTrack("video");
        using var registration = publisher.Publish("studio/main", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var studio = await session.SubscribeAsync("studio/main");
        var player = new Player();
        var reading = SlowReader.ReadAsync(studio, player);
        await video.WaitForSubscriberAsync();
        foreach (var sequence in new ulong[] { 0, 3 })
        {
            using var group = video.CreateGroup(sequence);
            group.Write("picture"u8);
            group.Finish();
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        }

        video.Finish();
        await reading;
        Assert.That((player.Played, player.Concealed), Is.EqualTo((2, 2L)));
    });

    [Test]
    [CancelAfter(60_000)]
    public async Task Hosting_ServesTheTicketAndThePresentPeers(CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("moq-hosting-").FullName;
        try
        {
            var key = Path.Combine(folder, "me.key");
            await using var app = await Hosting.CreateAsync("--urls", "http://127.0.0.1:0", "--key", key);
            await app.StartAsync(token);
            var place = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            using var http = new HttpClient { BaseAddress = new Uri(place) };
            var ticket = EndpointTicket.Parse(await http.GetStringAsync(new Uri("/ticket", UriKind.Relative), token));

            using var events = new StreamReader(await http.GetStreamAsync(new Uri("/present", UriKind.Relative), token));
            Assert.That(await events.ReadLineAsync(token), Is.EqualTo("data: 0 here"));
            await events.ReadLineAsync(token);
            var loopback = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
            await using var endpoint = await IrohEndpoint.CreateAsync(options: loopback, cancellationToken: token);
            await using var moq = new Moq(endpoint);
            await using var session = await moq.ConnectAsync(ticket, token);
            Assert.That(await events.ReadLineAsync(token), Is.EqualTo("data: 1 here"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(Func<InMemoryNetwork, Moq, Moq, Task> test)
    {
        var network = new InMemoryNetwork(new TestScheduler(), seed: 7);
        Moq publisher = network.AddPeer("publisher"), reader = network.AddPeer("reader");
        network.Run(() => test(network, publisher, reader));
    }

    private static async Task<Exception?> FailureOf(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception failure) when (failure is MoqException or IOException or OperationCanceledException)
        {
            return failure;
        }
    }

    private sealed class Player : SlowReader.IPlayer
    {
        public int Played { get; private set; }

        public long Concealed { get; private set; }

        public void Conceal(long groups) => Concealed += groups;

        public Task PlayAsync(GroupConsumer group, CancellationToken stop)
        {
            Played++;
            return Task.CompletedTask;
        }
    }
}
