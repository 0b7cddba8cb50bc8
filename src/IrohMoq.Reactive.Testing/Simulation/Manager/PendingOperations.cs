using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Tracks the pending operations of peers, each with the time by which it must end.</summary>
internal sealed class PendingOperations(SimulationLog log, Runtime runtime)
{
    private readonly LinkedList<Operation> _open = [];

    /// <summary>
    /// Runs an operation, and traces its start and its end. Documented exceptions count as a normal end; any other exception is reported as
    /// a violation.
    /// </summary>
    /// <param name="peer">The name of the peer that runs the operation.</param>
    /// <param name="kind">The kind of operation: connect, subscribe, read and so on.</param>
    /// <param name="what">The object of the operation, such as a peer or a broadcast.</param>
    /// <param name="limit">The maximum duration of the operation; null if it must only end when all peers have shut down.</param>
    /// <param name="body">The operation, which returns a description of its result.</param>
    public async Task RunAsync(string peer, string kind, string what, TimeSpan? limit, Func<Task<string>> body)
    {
        var now = runtime.GetTimestamp();
        var operation = _open.AddLast(new Operation(peer, kind, what, now, limit is { } time ? now + time.Ticks : long.MaxValue));
        log.Write(peer, $"{kind} begins", what);
        string end;
        try
        {
            end = await body().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException)
        {
            end = $"{failure.GetType().Name} {failure.Message}";
        }
        catch (Exception failure)
        {
            end = $"{failure.GetType().Name} {failure.Message}";
            log.ReportViolation(
                ManagerInvariants.NothingFails, $"a {kind} of {peer} ends with a result or a documented exception", failure.ToString());
        }

        _open.Remove(operation);
        log.Write(peer, $"{kind} ends", $"{what}: {end}");
    }

    /// <summary>Reports a violation if an operation has exceeded its time limit.</summary>
    /// <param name="isOver">True if all peers have shut down, so that no operation may be pending; otherwise, false.</param>
    public void Check(bool isOver = false)
    {
        var now = runtime.GetTimestamp();
        foreach (var operation in _open)
        {
            if (!isOver && operation.Due >= now)
                continue;
            var limit = isOver ? "when all peers have shut down" : $"within {TimeSpan.FromTicks(operation.Due - operation.Since)}";
            log.ReportViolation(
                ManagerInvariants.EveryWaitEnds,
                $"{operation.Peer}: {operation.Kind} {operation.What} ends {limit}",
                $"it has taken {TimeSpan.FromTicks(now - operation.Since)} so far");
            return;
        }
    }

    private sealed record Operation(string Peer, string Kind, string What, long Since, long Due);
}
