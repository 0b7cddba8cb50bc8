using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>The queries of the README.</summary>
public static class Compose
{
    public static async Task RunAsync(Moq moq, IReadOnlySet<EndpointId> guests, EndpointAddr ticket, Action<string> show, Func<Task> wait)
    {
        // Accepts the guests, reads everything that they announce under "chat/", and merges all lines.
        using var chat = moq.IncomingSessions()
            .Where(incoming => guests.Contains(incoming.RemoteId))
            .Select(incoming => incoming.Accept())
            .SelectMany(session => session.Announcements("chat/").Where(announced => announced.IsActive))
            .SelectMany(announced => announced.Broadcast.Track("lines").Frames().EndOnFailure())
            .Select(frame => Encoding.UTF8.GetString(frame.Span))
            .Subscribe(show);

        // The sessions that are open, now and after every change: a state, which never contains one that has ended.
        using var presence = moq.OpenSessions().Subscribe(sessions => show($"{sessions.Count} here"));

        // Sessions and published broadcasts that begin and end, in the order in which it happens.
        using var log = moq.Notices().Subscribe(notice => show(notice.ToString()));

        // Dials again with backoff. Each new session, and each new broadcast of the name, replaces the one before it.
        using var clock = moq.Reconnect(ticket)
            .Select(session => session.WatchBroadcast("studio/main")).Switch()
            .Select(studio => studio.Track("clock").Frames().EndOnFailure()).Switch()
            .Subscribe(frame => show(Encoding.UTF8.GetString(frame.Span)));

        await wait();
    }
}
