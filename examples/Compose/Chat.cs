using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Merges the lines of all broadcasts that peers announce under "chat/". The name before each line is looked up by the id of the peer,
/// which the transport has verified, and not taken from the path, because a peer may announce any path, including that of another peer.
/// </summary>
public static class Chat
{
    public static IObservable<string> Lines(Moq room, Func<EndpointId, string> nameOf) =>
        room.Announcements("chat/")
            .Where(announced => announced.IsActive)
            // If the track of one peer fails, only its own reading ends, and the chat continues.
            .SelectMany(announced => announced.Broadcast.Track("lines").Frames().EndOnFailure()
                .Select(line => $"{nameOf(announced.RemoteId)}: {Encoding.UTF8.GetString(line.Span)}"));

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm, Func<Moq, Func<EndpointId, string>, IObservable<string>>? lines = null)
    {
        Peer room = await swarm.AddAsync("room"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var heard = (lines ?? Lines)(room.Moq, id => id == alice.Id ? "alice" : id == bob.Id ? "bob" : "stranger").Replay();
        using var listening = heard.Connect();

        // Alice dials the room, and the room dials Bob. The query works for both directions.
        TrackProducer ofAlice = alice.Publish("chat/alice"), ofBob = bob.Publish("chat/bob");
        alice.Publish("private/alice");
        await alice.Moq.ConnectAsync(room.Address);
        await room.Moq.ConnectAsync(bob.Address);
        foreach (var line in new[] { "hello", "how are you?" })
        {
            Peer.Say(ofAlice, line);
            Peer.Say(ofBob, line);
            // The next line is sent when this one has been received.
            await heard.UntilAsync(said => said == $"alice: {line}", swarm);
            await heard.UntilAsync(said => said == $"bob: {line}", swarm);
        }

        var ofFriends = heard.Where(said => !said.StartsWith("stranger", StringComparison.Ordinal));
        return Expect.Lines(
            (await ofFriends.TakeAsync(4, swarm)).Order(StringComparer.Ordinal),
            "alice: hello", "alice: how are you?", "bob: hello", "bob: how are you?");
    }
}
