using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>The operations that peers wait for, each with the time by which it has to end.</summary>
internal sealed class PendingOperations(SimulationLog log, Runtime runtime)
{
    private readonly LinkedList<Operation> _open = [];

    /// <summary>Runs an operation, and traces its beginning and its end. A failure that is documented is an end as any other.</summary>
    /// <param name="peer">The peer that waits.</param>
    /// <param name="kind">The kind of operation: connect, subscribe, read and so on.</param>
    /// <param name="what">What the operation is about.</param>
    /// <param name="limit">How long it may take; null until all peers have shut down.</param>
    /// <param name="body">The operation, which returns how it ended.</param>
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

    /// <summary>Reports an operation that has taken too long.</summary>
    /// <param name="isOver">True if all peers have shut down: no operation may be open.</param>
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
