using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Reads one track to its end and writes it to a target.</summary>
internal sealed class SubscribeRun(IOutput output, PayloadTarget payloads)
{
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromMilliseconds(500);

    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;
    private readonly long _start = ThreadPoolRuntime.Instance.GetTimestamp();
    private bool _hasBegun;

    public required string Name { get; init; }

    public required string Track { get; init; }

    /// <summary>Gets the options for which groups are read, and in which order.</summary>
    public required SubscribeOptions Reading { get; init; }

    /// <summary>
    /// Gets the maximum time, or null for no limit: from the creation of this object until the reading begins, and after a break until
    /// the broadcast is found again.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Gets the time within which the next frame must arrive, or null for no limit.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Gets a value indicating whether a broadcast that is lost is waited for again.</summary>
    public bool Retry { get; init; }

    /// <summary>Reads the track to its end.</summary>
    /// <param name="moq">The manager, which is disposed at the end.</param>
    /// <param name="publisher">The way to find the broadcast, which is disposed at the end.</param>
    /// <param name="interrupted">The token that cancels the operation.</param>
    public async Task RunAsync(Moq moq, IPublisher publisher, CancellationToken interrupted)
    {
        var sessions = new OpenSessions(moq, output, _runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        await using var moqEnds = moq.ConfigureAwait(false);
        await using var publisherEnds = publisher.ConfigureAwait(false);
        var meter = new TrafficMeter(Name, Track, _runtime);
        var writer = new TrackWriter(Reading, meter, payloads, output);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(interrupted, payloads.Broken);
        var idle = new IdleLimit(meter, IdleTimeout, _runtime, broken.Token);
        await using var idleEnds = idle.ConfigureAwait(false);
        var isComplete = false;
        try
        {
            payloads.Start();
            await ReadAsync(publisher, writer, meter, idle.Token).ConfigureAwait(false);
            if (payloads.IsFile && meter.Read() is { Missing: > 0 } total)
                throw new IOException($"{Amount.OfMissing(total.Missing, total.Incomplete)}, so the file was not replaced");
            await payloads.CompleteAsync(broken.Token).ConfigureAwait(false);
            isComplete = true;
            if (writer.Aborted + writer.Lost is > 0 and var lost)
            {
                var state = writer.Lost > 0 ? "missing" : "incomplete";
                var aborted = lost == 1 ? "it" : "them";
                throw new IOException($"{Amount.Of(lost, "group is", "groups are")} {state}, because the publisher has aborted {aborted}");
            }
        }
        catch (OperationCanceledException) when (payloads.Failure is { } failure)
        {
            throw new IOException(failure.Message, failure);
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested && idle.Expired is { } expired)
        {
            throw new TimeoutException(expired.Message, expired);
        }
        finally
        {
            if (interrupted.IsCancellationRequested || payloads.Failure is not null)
                sessions.CloseAll(payloads.Failure);
            await SumUpAsync(meter, isComplete, interrupted).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(IPublisher publisher, TrackWriter writer, TrafficMeter meter, CancellationToken stop)
    {
        while (true)
        {
            var hadBegun = _hasBegun;
            var found = await FindAsync(publisher, stop).ConfigureAwait(false);
            await using var broadcastEnds = found.Broadcast.ConfigureAwait(false);
            if (found.Route is { } route)
                output.Report(new RequestedBroadcast(Name, route));
            else
                output.Announced(Name);
            var isSubscribed = false;
            var ticker = new ProgressTicker(meter, output, _runtime, saysStalls: true);
            await using var tickerEnds = ticker.ConfigureAwait(false);
            try
            {
                await writer.ReadAsync(found, Track, Subscribed, stop).ConfigureAwait(false);
                return;
            }
            catch (MoqException failure) when (!isSubscribed && found.DescribeRefusal(failure, Name, Track) is { } refusal)
            {
                output.Note($"{refusal}; waiting for the broadcast to be announced");
                _hasBegun = hadBegun;
            }
            catch (MoqException failure) when (Retry && IsLost(failure, found))
            {
                output.Note($"{failure.Message}; waiting for the broadcast again");
            }

            void Subscribed(ulong first)
            {
                isSubscribed = true;
                output.Subscribed(Name, Track, first);
            }
        }
    }

    private async Task<Found> FindAsync(IPublisher publisher, CancellationToken stop)
    {
        var time = Timeout - (_hasBegun ? TimeSpan.Zero : _runtime.GetElapsedTime(_start));
        using var limit = _runtime.Limit(time ?? System.Threading.Timeout.InfiniteTimeSpan, stop);
        var note = new WaitNote(output, _runtime, () => publisher.Step, publisher.DescribeAsync);
        await using var noteEnds = note.ConfigureAwait(false);
        var isFound = false;
        try
        {
            var found = await publisher.NextAsync(limit.Token).ConfigureAwait(false);
            isFound = true;
            if (Timeout is not null)
                await payloads.WaitForOpenAsync(limit.Token).ConfigureAwait(false);
            _hasBegun = true;
            return found;
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            var step = isFound ? "waiting for a process that reads the file of --output" : publisher.Step;
            throw new TimeoutException($"timed out after {Timeout?.TotalSeconds} s while {step}", expired);
        }
    }

    /// <summary>Determines whether the session or the broadcast has ended, and not only a track of it.</summary>
    private static bool IsLost(MoqException failure, Found found) =>
        failure is MoqSessionClosedException || found.Session.Closed.IsCompleted || found.Broadcast.Closed.IsCompleted;

    private async ValueTask SumUpAsync(TrafficMeter meter, bool isComplete, CancellationToken interrupted)
    {
        var total = meter.Read();
        if (isComplete || total.Groups > 0 || interrupted.IsCancellationRequested)
            output.Ended(total);
        if (total.Missing > 0)
            output.Note(Amount.OfMissing(total.Missing, total.Incomplete));
        if (isComplete)
            return;
        using var limit = _runtime.Limit(AbandonLimit, CancellationToken.None);
        if (await payloads.AbandonAsync(limit.Token).ConfigureAwait(false) is { } rest)
            output.Note(rest);
    }
}
