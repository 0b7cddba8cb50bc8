using System.Collections.Immutable;
using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Tests;

/// <summary>Each example runs in virtual time and over real QUIC. Its own check fails without an operator that the example needs.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ExampleTests
{
    public sealed record Example(string Name, Func<ISwarm, Task> Run)
    {
        public override string ToString() => Name;
    }

    /// <param name="Name">The example, and the change to it.</param>
    /// <param name="Run">Runs the example with the change.</param>
    /// <param name="Heard">The items that the example's own check then sees.</param>
    public sealed record Broken(string Name, Func<ISwarm, Task> Run, string Heard)
    {
        public override string ToString() => Name;
    }

    private static readonly Example[] Examples =
    [
        new(nameof(GuestList), static swarm => GuestList.RunAsync(swarm)),
        new(nameof(Chat), static swarm => Chat.RunAsync(swarm)),
        new(nameof(Failover), static swarm => Failover.RunAsync(swarm)),
        new(nameof(Viewers), static swarm => Viewers.RunAsync(swarm)),
        new(nameof(Presence), static swarm => Presence.RunAsync(swarm)),
        new(nameof(Reconnect), static swarm => Reconnect.RunAsync(swarm)),
        new(nameof(Lag), static swarm => Lag.RunAsync(swarm)),
        new(nameof(ManyTracks), static swarm => ManyTracks.RunAsync(swarm)),
    ];

    private static readonly Broken[] WithoutKeys =
    [
        new(
            "GuestList without Where",
            static swarm => GuestList.RunAsync(swarm, static (host, _) => host.IncomingSessions()
                .Select(static incoming => incoming.Accept())
                .SelectMany(static session => session.WatchBroadcast("greeting"))
                .SelectMany(static greeting => greeting.Track("lines").Frames().EndOnFailure())
                .Select(Text)),
            "hello from alice | hello from mallory"),
        new(
            "Chat with Switch for SelectMany",
            static swarm => Chat.RunAsync(swarm, static (room, nameOf) => room.Announcements("chat/")
                .Where(static a => a.IsActive)
                .Select(a => a.Broadcast.Track("lines").Frames().EndOnFailure().Select(line => $"{nameOf(a.RemoteId)}: {Text(line)}"))
                .Switch()),
            "bob: hello"),
        new(
            "Failover with Switch for Concat",
            static swarm => Failover.RunAsync(swarm, static (reader, clock) => reader.Announcements("news")
                .Where(static source => source.IsActive)
                .Select(source => Failover.Read(source, clock))
                .Switch()),
            "1 from london"),
        new(
            "Viewers with Concat for Merge",
            static swarm => Viewers.RunAsync(swarm, static program => Viewed(program).Concat()
                .Scan(ImmutableSortedDictionary<string, int>.Empty, static (counts, now) => counts.SetItem(now.Name, now.Viewers))),
            "film 0"),
        new(
            "Viewers without Scan",
            static swarm => Viewers.RunAsync(swarm, static program => Viewed(program).Merge()
                .Select(static now => ImmutableSortedDictionary<string, int>.Empty.SetItem(now.Name, now.Viewers))),
            "film 0 | news 0"),
        new(
            "Presence with SessionEvents for OpenSessions",
            static swarm => Presence.RunAsync(swarm, static moq => moq.SessionEvents()
                .Select(static e => e.IsOpening ? ImmutableSortedSet.Create(e.RemoteId) : [])),
            "alice | bob"),
        new(
            "Reconnect with Connect for Reconnect",
            static swarm => Reconnect.RunAsync(swarm, static (reader, publisher) => reader.Connect(publisher)
                .Select(static session => session.WatchBroadcast("studio/main")).Switch()
                .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
                .Select(Text)),
            "one"),
        new(
            "Lag without onSkipped",
            static swarm => Lag.RunAsync(swarm, static async (host, log) =>
            {
                await foreach (var visitor in host.ReadIncomingSessionsAsync())
                    log($"{await Lag.NameAsync(host, visitor.RemoteId)}, {visitor.Skipped} before it missed");
            }),
            "name/ann, 0 before it missed | name/eve, 3 before it missed | name/fay, 0 before it missed"),
        new(
            "ManyTracks with Concat for Merge",
            static swarm => ManyTracks.RunAsync(swarm, static tracks => AsyncEnumerableEx.Concat(tracks)),
            "camera 0"),
    ];

    [TestCaseSource(nameof(Examples))]
    public void InVirtualTime_ItHearsWhatItShould(Example example) => VirtualSwarm.Run(example.Run);

    [TestCaseSource(nameof(WithoutKeys))]
    public void WithoutItsKeyOperator_ItFails(Broken broken) =>
        Assert.That(
            () => VirtualSwarm.Run(broken.Run),
            Throws.InvalidOperationException.With.Message.StartsWith($"Heard: {broken.Heard}. Should be: "));

    [Test]
    public void EveryExample_IsTriedWithoutItsKeyOperator() =>
        Assert.That(
            WithoutKeys.Select(static broken => broken.Name.Split(' ')[0]).Distinct(),
            Is.EqualTo(Examples.Select(static example => example.Name)));

    [TestCaseSource(nameof(Examples))]
    [CancelAfter(60_000)]
    public async Task OverRealQuic_ItHearsWhatItShould(Example example)
    {
        await using var swarm = new LoopbackSwarm();
        await example.Run(swarm);
    }

    [Test]
    public void Examples_AreShortAndInTheReadme([ValueSource(nameof(Examples))] Example example)
    {
        var source = Repository.Read("examples", "Compose", $"{example.Name}.cs");
        Assert.That(source.Split('\n'), Has.Length.LessThanOrEqualTo(100));
        Assert.That(source, Does.Not.Contain("FromAsync").And.Not.Contain("Task.Run"));
        Assert.That(Repository.Read("README.md"), Does.Contain($"{example.Name}.cs"));
    }

    private static string Text(TrackFrame line) => Encoding.UTF8.GetString(line.Span);

    private static IEnumerable<IObservable<(string Name, int Viewers)>> Viewed(IReadOnlyDictionary<string, BroadcastProducer> program) =>
        program.Select(static channel => channel.Value.SubscriberCounts().Select(viewers => (Name: channel.Key, Viewers: viewers)));
}
