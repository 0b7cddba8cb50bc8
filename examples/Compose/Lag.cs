using System.Reactive.Subjects;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Asks every visitor's name, one after the other. Who dials waits for nobody: a reader that is too slow goes on at the oldest session that
/// is kept, and is told how many passed by.
/// </summary>
public static class Lag
{
    public static async Task LogAsync(Moq host, Action<string> log)
    {
        // Told at once how many it missed, and again where they are missing.
        await foreach (var visitor in host.ReadIncomingSessionsAsync(onSkipped: missed => log($"{missed} passed by")))
            log($"{await NameAsync(host, visitor.RemoteId)}, {visitor.Skipped} before missed");
    }

    /// <summary>What a peer announces under "name/", as soon as it does.</summary>
    public static async Task<string> NameAsync(Moq host, EndpointId visitor)
    {
        await foreach (var announced in host.ReadAnnouncementsAsync("name"))
        {
            if (announced.IsActive && announced.RemoteId == visitor)
                return announced.Path.ToString();
        }

        return "gone";
    }

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, Action<string>, Task>? logging = null)
    {
        // Many more are kept unless it is said.
        var host = await swarm.AddAsync("host", new MoqOptions { NoticeCapacity = 2 });
        var visitors = new List<Peer> { await VisitAsync("ann") };
        using var log = new ReplaySubject<string>();
        var end = (logging ?? LogAsync)(host.Moq, log.OnNext);
        foreach (var name in new[] { "bob", "cid", "dot", "eve", "fay" })
            visitors.Add(await VisitAsync(name));

        // Ann has taken her time; only now is anybody else asked.
        visitors.ForEach(visitor => visitor.Publish($"name/{visitor.Name}"));
        var lines = await log.TakeAsync(4, swarm);
        await host.Moq.ShutdownAsync();
        await end;
        return Expect.Lines(lines, "name/ann, 0 before missed", "3 passed by", "name/eve, 3 before missed", "name/fay, 0 before missed");

        async Task<Peer> VisitAsync(string name)
        {
            var visitor = await swarm.AddAsync(name);
            await visitor.Moq.ConnectAsync(host.Address);
            await host.Moq.SessionEvents().UntilAsync(e => e.RemoteId == visitor.Id, swarm);
            return visitor;
        }
    }
}
