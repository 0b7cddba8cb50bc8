using System.Runtime.ExceptionServices;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>Publishes one track until its source ends and its subscribers have read everything.</summary>
internal sealed class PublishRun(IOutput output, Func<ISource> open)
{
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public required string Name { get; init; }

    public required string Track { get; init; }

    public bool Lossless { get; init; }

    /// <summary>Gets the priority of the track.</summary>
    public byte Priority { get; init; }

    /// <summary>Gets the number of subscribers before which nothing is read.</summary>
    public int Readers { get; init; }

    /// <summary>Gets a value indicating whether a peer that cannot be reached is dialed again.</summary>
    public bool Retry { get; init; }

    /// <summary>Publishes to every peer that dials.</summary>
    /// <param name="moq">The manager, which is disposed at the end.</param>
    /// <param name="address">The address for the ticket.</param>
    /// <param name="interrupted">The token that cancels the operation.</param>
    public Task ServeAsync(Moq moq, EndpointAddr address, CancellationToken interrupted) => RunAsync(
        moq,
        _ =>
        {
            output.Listening(address);
            return Task.CompletedTask;
        },
        interrupted);

    /// <summary>Publishes to a peer that this side dials.</summary>
    /// <param name="moq">The manager, which is disposed at the end.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="interrupted">The token that cancels the operation.</param>
    public Task DialAsync(Moq moq, Peer peer, CancellationToken interrupted)
    {
        return RunAsync(moq, Retry ? KeepDialingAsync : KeepOpenAsync, interrupted);

        async Task KeepOpenAsync(Ending ending)
        {
            var note = new WaitNote(output, _runtime, () => $"dialing {peer.Id.ToShortString()}");
            await using var noteEnds = note.ConfigureAwait(false);
            ending.EndWith(await peer.ConnectAsync(moq, ending.Token).ConfigureAwait(false));
        }

        // Every session announces what is published, so nothing needs to be done with the sessions.
        async Task KeepDialingAsync(Ending ending)
        {
            var sessions = new Redialing(moq, peer, output, _runtime);
            var note = new WaitNote(output, _runtime, () => $"dialing {peer.Id.ToShortString()}");
            await using (note.ConfigureAwait(false))
                await sessions.NextAsync(ending.Token).ConfigureAwait(false);
            ending.EndWith(DialAgainAsync(sessions, ending.Token));
        }
    }

    private async Task RunAsync(Moq moq, Func<Ending, Task> begin, CancellationToken interrupted)
    {
        using var ending = new Ending(interrupted);
        using var dropped = new DroppedGroups();
        var sessions = new OpenSessions(moq, output, _runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        await using var moqEnds = moq.ConfigureAwait(false);

        var meter = new TrafficMeter(Name, Track, _runtime);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack(Track, new TrackOptions { Lossless = Lossless, Priority = Priority });
        using var live = moq.Publish(Name, broadcast);
        var hasReaders = false;
        try
        {
            await begin(ending).ConfigureAwait(false);
            output.Waiting(Readers);
            await track.WaitForSubscribersAsync(Readers, ending.Token).ConfigureAwait(false);
            hasReaders = true;
            output.Subscribed(Name, Track);
            await PumpAsync(track, meter, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested && ending.Reason is { } reason)
        {
            // A peer that has read everything may end the session before this side does.
            if (track.ReaderTotals is not { Active: 0, Lost: 0, Completed: > 0 })
                ExceptionDispatchInfo.Throw(reason);
        }
        finally
        {
            ending.Stop();
            if (interrupted.IsCancellationRequested)
                sessions.CloseAll();
            if (hasReaders || interrupted.IsCancellationRequested)
                output.Ended(meter.Read());
        }

        Check(track, dropped);
    }

    /// <summary>Dials again whenever the session has ended, until dialing again would lead to the same result.</summary>
    private static async Task DialAgainAsync(Redialing sessions, CancellationToken stop)
    {
        while (true)
            await sessions.NextAsync(stop).ConfigureAwait(false);
    }

    private async Task PumpAsync(TrackProducer track, TrafficMeter meter, CancellationToken stop)
    {
        using var source = open();
        var ticker = new ProgressTicker(meter, output, _runtime);
        await using (ticker.ConfigureAwait(false))
        {
            await FramePump.RunForReadersAsync(source, track, meter, stop).ConfigureAwait(false);
            // Acknowledged data is not necessarily read. Exiting now could discard data that the subscribers have not read yet. The wait is
            // bounded, because each session ends if its peer is lost.
            await track.WaitForNoSubscriberAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Checks whether the subscribers have got what they were promised.</summary>
    private void Check(TrackProducer track, DroppedGroups dropped)
    {
        var totals = track.ReaderTotals;
        var isFailure = totals.Lost > 0 && (Lossless || totals.Completed == 0);
        var left = $"{totals.Lost} of {totals.Lost + totals.Completed} subscribers left, were too slow or were lost "
            + "before they had read everything";
        if (!isFailure && totals.Lost > 0)
            output.Note(left);
        if (!Lossless && dropped.Count > 0)
        {
            output.Note(
                $"{Amount.Of(dropped.Count, "group was", "groups were")} dropped for subscribers that were too slow; with --lossless "
                + "the input waits for them");
        }

        if (isFailure)
            throw new IOException(left);
    }
}
