using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Fetch;

/// <summary>Reads one group and writes it to a target.</summary>
internal sealed class FetchRun(IOutput output, PayloadTarget payloads, Runtime runtime)
{
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromMilliseconds(500);

    private readonly long _start = runtime.GetTimestamp();

    public required string Name { get; init; }

    public required string Track { get; init; }

    /// <summary>Gets the number of the group, or null for the newest one.</summary>
    public required ulong? Group { get; init; }

    /// <summary>Gets the maximum time from the creation of this object until the group begins to arrive.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Reads the group.</summary>
    /// <param name="moq">The manager, which is disposed at the end.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="interrupted">The token that cancels the operation.</param>
    public async Task RunAsync(Moq moq, Peer peer, CancellationToken interrupted)
    {
        var sessions = new OpenSessions(moq, output, runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        await using var moqEnds = moq.ConfigureAwait(false);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(interrupted, payloads.Broken);
        var isComplete = false;
        try
        {
            payloads.Start();
            await ReadAsync(moq, peer, broken.Token).ConfigureAwait(false);
            isComplete = true;
        }
        catch (OperationCanceledException) when (payloads.Failure is { } failure)
        {
            throw new IOException(failure.Message, failure);
        }
        finally
        {
            if (interrupted.IsCancellationRequested || payloads.Failure is not null)
                sessions.CloseAll(payloads.Failure);
            if (!isComplete)
                await AbandonAsync().ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(Moq moq, Peer peer, CancellationToken stop)
    {
        var session = await Dialing.ConnectAsync(moq, peer, Timeout, runtime, stop).ConfigureAwait(false);
        await using var sessionEnds = session.ConfigureAwait(false);
        using var group = await FindAsync(session, stop).ConfigureAwait(false);
        var (frames, bytes) = (0L, 0L);
        await foreach (var frame in group.ReadFramesAsync(stop).ConfigureAwait(false))
        {
            frames++;
            bytes += frame.Length;
            await payloads.AddAsync(frame.Payload, stop).ConfigureAwait(false);
        }

        await payloads.CompleteAsync(stop).ConfigureAwait(false);
        output.Report(new FetchedGroup(Name, Track, group.Sequence, frames, bytes));
    }

    private async Task<GroupConsumer> FindAsync(MoqSession session, CancellationToken stop)
    {
        var announcement = $"waiting for the broadcast '{Name}' to be announced";
        var step = announcement;
        var search = new BroadcastSearch(session, Name);
        await using var searchEnds = search.ConfigureAwait(false);
        var note = new WaitNote(
            output, runtime, () => step, stop => step == announcement ? AnnouncedNames.DescribeAsync(session, stop) : default);
        await using var noteEnds = note.ConfigureAwait(false);
        using var limit = runtime.Limit(Timeout - runtime.GetElapsedTime(_start), stop);
        try
        {
            while (true)
            {
                var found = await search.NextAsync(limit.Token).ConfigureAwait(false);
                if (found.Route is { } route)
                    output.Report(new RequestedBroadcast(Name, route));
                step = Group is { } number ? $"waiting for group {number}" : "waiting for the newest group";
                try
                {
                    return await FetchAsync(found.Broadcast.Track(Track), limit.Token).ConfigureAwait(false);
                }
                catch (MoqException failure) when (found.DescribeRefusal(failure, Name, Track) is { } refusal)
                {
                    output.Note($"{refusal}; waiting for the broadcast to be announced");
                    step = announcement;
                }
            }
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            throw new TimeoutException($"timed out after {Timeout.TotalSeconds} s while {step}", expired);
        }
    }

    private ValueTask<GroupConsumer> FetchAsync(TrackConsumer track, CancellationToken cancellationToken) => Group is { } sequence
        ? track.FetchAsync(sequence, cancellationToken: cancellationToken)
        : track.FetchLatestAsync(cancellationToken: cancellationToken);

    private async Task AbandonAsync()
    {
        using var limit = runtime.Limit(AbandonLimit, CancellationToken.None);
        if (await payloads.AbandonAsync(limit.Token).ConfigureAwait(false) is { } rest)
            output.Note(rest);
    }
}
