using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Whatever the peers of all sessions announce under "chat/"; every line of it, merged.</summary>
public static class Chat
{
    public static IObservable<string> Lines(Moq room) =>
        room.Announcements("chat/")
            .Where(announced => announced.IsActive)
            .SelectMany(announced => announced.Broadcast.Track("lines").Frames().EndOnFailure().Select(line => $"{announced.Path}: {Encoding.UTF8.GetString(line.Span)}"));

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, IObservable<string>>? lines = null)
    {
        Peer room = await swarm.AddAsync("room"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var heard = (lines ?? Lines)(room.Moq).Replay();
        using var listening = heard.Connect();

        // One dials the room, the other one is dialed; it makes no difference to who listens.
        TrackProducer ofAlice = alice.Publish("chat/alice"), ofBob = bob.Publish("chat/bob");
        alice.Publish("private/alice");
        await alice.Moq.ConnectAsync(room.Address);
        await room.Moq.ConnectAsync(bob.Address);
        foreach (var line in new[] { "hello", "how are you?" })
        {
            Peer.Say(ofAlice, line);
            Peer.Say(ofBob, line);
            // Nobody talks on before everybody has heard it.
            await heard.UntilAsync(said => said == $"chat/alice: {line}", swarm);
            await heard.UntilAsync(said => said == $"chat/bob: {line}", swarm);
        }

        return Expect.Lines(
            (await heard.TakeAsync(4, swarm)).Order(StringComparer.Ordinal), "chat/alice: hello", "chat/alice: how are you?", "chat/bob: hello", "chat/bob: how are you?");
    }
}
