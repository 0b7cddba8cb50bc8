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
    private long _missing;
    private long _aborted;

    public required string Name { get; init; }

    public required string Track { get; init; }

    /// <summary>Gets the time within which the broadcast must be found, or null for no limit.</summary>
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
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(interrupted, payloads.Broken);
        var idle = new IdleLimit(meter, IdleTimeout, _runtime, broken.Token);
        await using var idleEnds = idle.ConfigureAwait(false);
        var isComplete = false;
        try
        {
            payloads.Start();
            await ReadAsync(publisher, meter, idle.Token).ConfigureAwait(false);
            if (payloads.IsFile && _missing > 0)
                throw new IOException($"{_missing:N0} groups are missing, so the file was not replaced");
            await payloads.CompleteAsync(broken.Token).ConfigureAwait(false);
            isComplete = true;
            if (_aborted > 0)
                throw new IOException($"{_aborted:N0} groups are incomplete, because their publisher has aborted them");
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
                sessions.CloseAll();
            await SumUpAsync(meter, isComplete, interrupted).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(IPublisher publisher, TrafficMeter meter, CancellationToken stop)
    {
        while (true)
        {
            var found = await FindAsync(publisher, stop).ConfigureAwait(false);
            await using var broadcastEnds = found.Broadcast.ConfigureAwait(false);
            output.Announced(Name);
            var ticker = new ProgressTicker(meter, output, _runtime, saysStalls: true);
            await using var tickerEnds = ticker.ConfigureAwait(false);
            var writer = new TrackWriter(found.Broadcast.Track(Track), meter, payloads, TrackWriter.IsSameMachine(found.Session));
            try
            {
                await writer.ReadAsync(first => output.Subscribed(Name, Track, first), stop).ConfigureAwait(false);
                return;
            }
            catch (MoqException failure) when (Retry && IsLost(failure, found))
            {
                output.Note($"{failure.Message}; waiting for the broadcast again");
            }
            finally
            {
                _missing += writer.Missing;
                _aborted += writer.Aborted;
            }
        }
    }

    private async Task<Found> FindAsync(IPublisher publisher, CancellationToken stop)
    {
        using var limit = _runtime.Limit(Timeout ?? System.Threading.Timeout.InfiniteTimeSpan, stop);
        try
        {
            return await publisher.NextAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            throw new TimeoutException($"timed out after {Timeout?.TotalSeconds} s while {publisher.Step}", expired);
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
        if (total.Gaps + total.Skipped > 0)
            output.Note($"groups are missing: {total.Gaps} gaps, of which {total.Skipped} groups never arrived");
        if (isComplete)
            return;
        using var limit = _runtime.Limit(AbandonLimit, CancellationToken.None);
        if (await payloads.AbandonAsync(limit.Token).ConfigureAwait(false) is { } rest)
            output.Note(rest);
    }
}
