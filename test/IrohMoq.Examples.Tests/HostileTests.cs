using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Tests;

/// <summary>The examples that read what any peer announces, among peers that announce what they do not have.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HostileTests
{
    private static readonly Action<Peer, BroadcastPath>[] Failing =
        [HostileSwarm.OmitTrack, HostileSwarm.AbortTrack, HostileSwarm.AbortBroadcast, HostileSwarm.StaySilent];

    [Test]
    public void Chat_HearsEverybodyElse() =>
        VirtualSwarm.Run(static swarm => Chat.RunAsync(new HostileSwarm(swarm, "chat/hostile", Failing)));

    [Test]
    public void Chat_ShowsTheNameOfThePeerAndNotOfThePath() =>
        VirtualSwarm.Run(static async swarm =>
        {
            var hostile = new HostileSwarm(swarm, "chat/alice", HostileSwarm.Impersonate);
            List<string> heard = [];
            await Chat.RunAsync(hostile, (room, nameOf) => Chat.Lines(room, nameOf).Do(heard.Add));
            Assert.That(heard, Does.Contain("stranger: hello"));
        });

    [Test]
    public void Chat_WithoutEndOnFailure_EndsForAllPeers() =>
        Assert.That(
            static () => VirtualSwarm.Run(static swarm => Chat.RunAsync(
                new HostileSwarm(swarm, "chat/hostile", HostileSwarm.OmitTrack),
                static (room, nameOf) => room.Announcements("chat/").Where(static announced => announced.IsActive)
                    .SelectMany(announced => announced.Broadcast.Track("lines").Frames().Select(line => nameOf(announced.RemoteId))))),
            Throws.TypeOf<MoqStreamException>().With.Property("Code").EqualTo(MoqErrorCode.NotFound));

    [Test]
    public void GuestList_HearsTheOtherGuests() =>
        VirtualSwarm.Run(static async swarm =>
        {
            var hostile = new HostileSwarm(swarm, "greeting", Failing);
            await GuestList.RunAsync(hostile, (host, guests) => GuestList.Heard(host, guests.Union(hostile.Hostile).ToHashSet()));
        });

    [Test]
    public void Failover_ContinuesWithASourceThatHasTheTrack() =>
        VirtualSwarm.Run(static swarm => Failover.RunAsync(new HostileSwarm(swarm, "news", Failing)));

    [Test]
    [CancelAfter(60_000)]
    public async Task OverRealQuic_TheyDoTheSame()
    {
        await using var swarm = new LoopbackSwarm();
        await Chat.RunAsync(new HostileSwarm(swarm, "chat/hostile", Failing));
        var hostile = new HostileSwarm(swarm, "greeting", Failing);
        await GuestList.RunAsync(hostile, (host, guests) => GuestList.Heard(host, guests.Union(hostile.Hostile).ToHashSet()));
        await Failover.RunAsync(new HostileSwarm(swarm, "news", Failing));
    }
}
