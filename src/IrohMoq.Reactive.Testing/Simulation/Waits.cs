using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Everything that somebody waits for, with the time by which it has to be over.</summary>
internal sealed class Waits(Journal journal, Runtime runtime)
{
    private readonly LinkedList<Wait> _open = [];

    /// <summary>Runs something that waits. It is told when it begins and how it ends, and what it may fail with is an end like any other.</summary>
    /// <param name="peer">Who waits.</param>
    /// <param name="kind">What it is: connect, subscribe, read and so on.</param>
    /// <param name="what">For whom or what.</param>
    /// <param name="limit">How long it may take; null for as long as the peers live.</param>
    /// <param name="body">Waits, and says how it ended.</param>
    public async Task RunAsync(string peer, string kind, string what, TimeSpan? limit, Func<Task<string>> body)
    {
        var now = runtime.GetTimestamp();
        var wait = _open.AddLast(new Wait(peer, kind, what, now, limit is { } most ? now + most.Ticks : long.MaxValue));
        journal.Write(peer, $"{kind} begins", what);
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
            journal.Violated(Invariant.NothingFails, $"a {kind} of {peer} ends with a result or an exception that is documented", failure.ToString());
        }

        _open.Remove(wait);
        journal.Write(peer, $"{kind} ends", $"{what}: {end}");
    }

    /// <summary>Looks for waits that are too long.</summary>
    /// <param name="isOver">Nobody lives any more: nothing may be waited for.</param>
    public void Check(bool isOver = false)
    {
        var now = runtime.GetTimestamp();
        foreach (var wait in _open)
        {
            if (!isOver && wait.Due >= now)
                continue;
            var limit = isOver ? "after all have shut down" : $"within {TimeSpan.FromTicks(wait.Due - wait.Since)}";
            journal.Violated(Invariant.WaitsEnd, $"{wait.Peer}: {wait.Kind} {wait.What} ends {limit}", $"it has waited for {TimeSpan.FromTicks(now - wait.Since)}");
            return;
        }
    }

    private sealed record Wait(string Peer, string Kind, string What, long Since, long Due);
}
