using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Every line of every broadcast that the peers of all sessions announce under "chat/", merged. A line has the name that goes with its
/// peer's id, which the transport verifies: a peer may announce any path, also that of another one.
/// </summary>
public static class Chat
{
    public static IObservable<string> Lines(Moq room, Func<EndpointId, string> nameOf) =>
        room.Announcements("chat/")
            .Where(announced => announced.IsActive)
            // One peer's failure ends its own reading and not the chat.
            .SelectMany(announced => announced.Broadcast.Track("lines").Frames().EndOnFailure()
                .Select(line => $"{nameOf(announced.RemoteId)}: {Encoding.UTF8.GetString(line.Span)}"));

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm, Func<Moq, Func<EndpointId, string>, IObservable<string>>? lines = null)
    {
        Peer room = await swarm.AddAsync("room"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var heard = (lines ?? Lines)(room.Moq, id => id == alice.Id ? "alice" : id == bob.Id ? "bob" : "stranger").Replay();
        using var listening = heard.Connect();

        // One peer dials the room, the room dials the other one; the listener sees no difference.
        TrackProducer ofAlice = alice.Publish("chat/alice"), ofBob = bob.Publish("chat/bob");
        alice.Publish("private/alice");
        await alice.Moq.ConnectAsync(room.Address);
        await room.Moq.ConnectAsync(bob.Address);
        foreach (var line in new[] { "hello", "how are you?" })
        {
            Peer.Say(ofAlice, line);
            Peer.Say(ofBob, line);
            // The next line is said when this one has been heard.
            await heard.UntilAsync(said => said == $"alice: {line}", swarm);
            await heard.UntilAsync(said => said == $"bob: {line}", swarm);
        }

        var ofFriends = heard.Where(said => !said.StartsWith("stranger", StringComparison.Ordinal));
        return Expect.Lines(
            (await ofFriends.TakeAsync(4, swarm)).Order(StringComparer.Ordinal),
            "alice: hello", "alice: how are you?", "bob: hello", "bob: how are you?");
    }
}
