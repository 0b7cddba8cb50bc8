using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Tests;

/// <summary>Each example in virtual time, over real QUIC, and in virtual time without its key operator, where its own check must fail.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ExampleTests
{
    public sealed record Example(string Name, Func<ISwarm, Task> Run, Func<ISwarm, Task> WithoutKey)
    {
        public override string ToString() => Name;
    }

    private static readonly Example[] Examples =
    [
        new(nameof(GuestList), static swarm => GuestList.RunAsync(swarm), static swarm => GuestList.RunAsync(swarm, static (host, _) => GuestList.Heard(host, new Everybody()))),
        new(nameof(Chat), static swarm => Chat.RunAsync(swarm), static swarm => Chat.RunAsync(swarm, static room => room.Announcements("chat/")
            .Where(static a => a.IsActive).Select(static a => a.Broadcast.Track("lines").Frames().Select(line => $"{a.Path}: {Text(line)}")).Switch())),
        new(nameof(Failover), static swarm => Failover.RunAsync(swarm), static swarm => Failover.RunAsync(swarm, static reader => reader.Announcements("news")
            .Where(static a => a.IsActive).Take(1).Select(static a => a.Broadcast.Track("lines").Frames()).Concat().Select(Text))),
        new(nameof(Viewers), static swarm => Viewers.RunAsync(swarm), static swarm => Viewers.RunAsync(swarm, static programme => Viewers.Counts(programme).Take(programme.Count))),
        new(nameof(Reconnect), static swarm => Reconnect.RunAsync(swarm), static swarm => Reconnect.RunAsync(swarm, static (reader, publisher) => reader.Connecting(publisher)
            .Select(static session => session.Broadcasts("studio/main")).Switch().Select(static studio => studio.Track("lines").Frames()).Switch().Select(Text))),
        new(nameof(ManyTracks), static swarm => ManyTracks.RunAsync(swarm), static swarm => ManyTracks.RunAsync(swarm, static tracks => AsyncEnumerableEx.Concat(tracks))),
    ];

    [TestCaseSource(nameof(Examples))]
    public void InVirtualTime_ItHearsWhatItShould(Example example) => VirtualSwarm.Run(example.Run);

    [TestCaseSource(nameof(Examples))]
    public void WithoutItsKeyOperator_ItFails(Example example) =>
        Assert.That(
            () => VirtualSwarm.Run(example.WithoutKey),
            // What it heard is wrong, or it waited in vain: by the example's own limit, not by the run's.
            Throws.InvalidOperationException.With.Message.Contains("should be").IgnoreCase.Or.InstanceOf<OperationCanceledException>().Or.TypeOf<TimeoutException>().With.Message.Not.Contains("virtual time"));

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
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IrohMoq.Reactive.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside the repository.");
        var source = Path.Combine("examples", "Compose", $"{example.Name}.cs");
        Assert.That(File.ReadLines(Path.Combine(folder, source)).Count(), Is.LessThan(100));
        Assert.That(File.ReadAllText(Path.Combine(folder, source)), Does.Not.Contain("FromAsync").And.Not.Contain("Task.Run"));
        Assert.That(File.ReadAllText(Path.Combine(folder, "README.md")), Does.Contain($"{example.Name}.cs"));
    }

    private static string Text(ReadOnlyMemory<byte> line) => Encoding.UTF8.GetString(line.Span);

    private sealed class Everybody : HashSet<EndpointId>, IReadOnlySet<EndpointId>
    {
        bool IReadOnlySet<EndpointId>.Contains(EndpointId item) => true;
    }
}
