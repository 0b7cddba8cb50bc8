using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Reads a track across reconnections: dials again with backoff, and switches to each new session and to each new broadcast with the name.
/// </summary>
public static class Reconnect
{
    public static IObservable<string> Lines(Moq reader, EndpointAddr publisher) =>
        reader.Reconnect(publisher)
            .Select(session => session.WatchBroadcast("studio/main")).Switch()
            .Select(studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
            .Select(line => Encoding.UTF8.GetString(line.Span));

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, EndpointAddr, IObservable<string>>? lines = null)
    {
        Peer publisher = await swarm.AddAsync("publisher"), reader = await swarm.AddAsync("reader");
        var studio = publisher.Publish("studio/main");
        var sessions = publisher.Moq.IncomingSessions().Replay(1);
        using var accepting = sessions.Connect();
        var heard = (lines ?? Lines)(reader.Moq, publisher.Address).Replay();
        using var listening = heard.Connect();

        foreach (var line in new[] { "one", "two", "three" })
        {
            Peer.Say(studio, line);
            await heard.UntilAsync(said => said == line, swarm);
            // The publisher closes the session after each line.
            (await sessions.UntilAsync(_ => true, swarm)).Accept().Close();
        }

        return Expect.Lines((await heard.Distinct().TakeAsync(3, swarm)), "one", "two", "three");
    }
}
