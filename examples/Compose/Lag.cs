using System.Reactive.Subjects;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Logs the name of each peer that dials, and waits for each name before it continues. Dialing peers never wait for such a slow reader. A
/// reader that falls too far behind skips sessions, continues with the oldest one that is still stored, and receives the number of sessions
/// that it missed.
/// </summary>
public static class Lag
{
    public static async Task LogAsync(Moq host, Action<string> log)
    {
        // The number of missed sessions is reported immediately, and again with the next session.
        await foreach (var visitor in host.ReadIncomingSessionsAsync(onSkipped: missed => log($"{missed} missed")))
            log($"{await NameAsync(host, visitor.RemoteId)}, {visitor.Skipped} before it missed");
    }

    /// <summary>Waits until a peer announces a path under "name/", and returns it.</summary>
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
        // The default capacity is 1,024 notices.
        var host = await swarm.AddAsync("host", new MoqOptions { NoticeCapacity = 2 });
        var visitors = new List<Peer> { await VisitAsync("ann") };
        using var log = new ReplaySubject<string>();
        var end = (logging ?? LogAsync)(host.Moq, log.OnNext);
        foreach (var name in new[] { "bob", "cid", "dot", "eve", "fay" })
            visitors.Add(await VisitAsync(name));

        // Ann has not announced her name until now, so the reader is still waiting for it.
        visitors.ForEach(visitor => visitor.Publish($"name/{visitor.Name}"));
        var lines = await log.TakeAsync(4, swarm);
        await host.Moq.ShutdownAsync();
        await end;
        return Expect.Lines(
            lines, "name/ann, 0 before it missed", "3 missed", "name/eve, 3 before it missed", "name/fay, 0 before it missed");

        async Task<Peer> VisitAsync(string name)
        {
            var visitor = await swarm.AddAsync(name);
            await visitor.Moq.ConnectAsync(host.Address);
            await host.Moq.SessionEvents().UntilAsync(e => e.RemoteId == visitor.Id, swarm);
            return visitor;
        }
    }
}
