using System.Reactive.Concurrency;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>The exceptions of a reading, and those of observers.</summary>
public static class Errors
{
    /// <summary>Reads the first line of a track, or returns why there is none.</summary>
    public static async Task<string> ReadFirstAsync(Moq moq, EndpointAddr remote, string track, CancellationToken stop = default)
    {
        try
        {
            await using var session = await moq.ConnectAsync(remote, stop);
            await using var studio = await session.SubscribeAsync("studio/main", TimeSpan.FromSeconds(5), stop);
            await foreach (var group in studio.Track(track).ReadGroupsAsync(stop))
                await foreach (var frame in group.ReadFramesAsync(stop))
                    return Encoding.UTF8.GetString(frame.Payload);
            return "The track is empty.";
        }
        catch (MoqConnectException failure) when (failure.IsTransient)
        {
            return $"The dial failed ({failure.Error}); dial again later.";
        }
        catch (MoqConnectException failure)
        {
            return $"The dial failed ({failure.Error}); it fails again until somebody changes something.";
        }
        catch (MoqNotAnnouncedException)
        {
            return "The peer does not announce this broadcast.";
        }
        catch (MoqSessionClosedException failure)
        {
            return $"The session ended with code {failure.Code}.";
        }
        catch (MoqStreamException failure)
        {
            return $"The track failed with code {failure.Code}.";
        }
    }

    /// <summary>Tells what the end of a session means.</summary>
    public static string Describe(SessionClosed closed) => closed switch
    {
        { IsRefused: true } => "The peer refuses this endpoint. Do not dial again.",
        { IsGoingAway: true } => "The peer is shut down or restarted. Dial again.",
        { Cause: SessionEndCause.Closed } => $"The session was closed with code {closed.Code}.",
        _ => $"The connection was lost ({closed.Cause}). Dial again.",
    };

    /// <summary>
    /// Calls an observer for every session, and a handler for the exceptions of that observer. Without the handler such an exception ends
    /// the process, as in Rx. The observer is unsubscribed in both cases.
    /// </summary>
    public static IDisposable Observe(Moq moq, Action<IncomingSession> observer, Action<Exception> handler)
    {
        var guarded = Scheduler.Default.Catch<Exception>(failure =>
        {
            handler(failure);
            return true;
        });
        return moq.IncomingSessions(guarded).Subscribe(observer);
    }
}
