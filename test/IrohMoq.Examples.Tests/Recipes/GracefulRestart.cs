using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>A program that is restarted, or that sends a peer away, without cutting off what is read.</summary>
public static class GracefulRestart
{
    /// <summary>Ends the tracks and then the sessions, before the program exits.</summary>
    public static async Task StopAsync(Moq moq, IEnumerable<TrackProducer> tracks)
    {
        foreach (var track in tracks)
            track.Finish();
        await moq.DisposeAsync();
    }

    /// <summary>Asks one peer to leave its connection, and to come back over another one.</summary>
    public static Task<bool> SendAwayAsync(MoqSession session, CancellationToken stop = default) =>
        session.GoAwayAsync(timeout: TimeSpan.FromSeconds(10), cancellationToken: stop);

    /// <summary>What a peer sees of it.</summary>
    public static IObservable<string> Log(Moq moq) =>
        moq.Notices().Select(notice => notice switch
        {
            GoingAwayEvent { IsMoving: true } => "asked to leave, dialing again",
            GoingAwayEvent => "asked to leave",
            SessionEvent { Closed.IsGoingAway: true } => "the peer has gone away",
            _ => $"{notice.GetType().Name}",
        });
}
