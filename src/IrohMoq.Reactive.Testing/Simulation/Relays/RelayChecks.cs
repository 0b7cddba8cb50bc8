using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Runs the end of a <see cref="RelayScenario"/>: restores all links, waits until the state no longer changes, and checks the readings.
/// Then cancels them, shuts down all peers, and checks that no resources are left.
/// </summary>
internal sealed class RelayChecks(RelayScenario world, RelayOperations operations, RelayWriter writer)
{
    public async Task RunAsync()
    {
        Write("heals all links");
        world.HealAll();
        await WaitAsync(world.Options.SettleTime).ConfigureAwait(false);
        world.IsSettling = true;
        // A writer that waits for a reader that was lost goes on, or cuts it off.
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        Write("writes last groups");
        foreach (var peer in world.Running)
        {
            foreach (var broadcast in peer.Published.Values)
                _ = writer.WriteLastAsync(peer, broadcast);
        }

        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        Write("has settled");
        world.Pending.Check();
        world.Bound.CheckSettled();
        foreach (var reading in world.Readings)
            reading.CheckSettled();
        foreach (var observer in world.RateObservers)
            observer.CheckSettled();
        if (world.Log.Found is not null)
            return;

        Write("cancels all readings");
        foreach (var reading in world.Readings.Where(static reading => !reading.IsOver).ToArray())
            reading.Stop.Cancel();
        // The others end with their sessions.
        foreach (var observer in world.RateObservers.Where(static (observer, number) => !observer.IsOver && number % 2 == 0))
            observer.Dispose();
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        CheckNoSubscriber();

        Write("shuts down");
        foreach (var peer in world.Running.ToArray())
        {
            peer.IsGone = true;
            _ = operations.ShutDownAsync(peer);
        }

        await WaitAsync(2 * world.Options.ShutdownTimeout).ConfigureAwait(false);
        Write("is over");
        world.Pending.Check(isOver: true);
        // By then, every timer that fires only once has fired.
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        CheckNothingIsLeft();
    }

    private ValueTask WaitAsync(TimeSpan time) => world.Runtime.DelayAsync(time);

    private void Write(string what) => world.Log.Write(SimulationLog.Simulation, "settling", what);

    private void CheckNoSubscriber()
    {
        foreach (var broadcast in world.Broadcasts.Where(static broadcast => broadcast.Track.SubscriberCount > 0))
        {
            var expected = $"b{broadcast.Sent.Number} of {broadcast.Sent.Publisher} has no reader when all have left";
            Check(isLeft: true, expected, $"{broadcast.Track.SubscriberCount} readers");
        }
    }

    private void CheckNothingIsLeft()
    {
        CheckNoSubscriber();
        foreach (var observer in world.RateObservers)
            observer.CheckSettled();
        foreach (var peer in world.Known)
        {
            var connected = string.Join(", ", peer.Endpoint.Connected);
            Check(connected.Length > 0, $"{peer.Name} has no connection after the shutdown", connected);
            Check(peer.Moq.Fronts.Count > 0, $"{peer.Name} follows no name after the shutdown", $"{peer.Moq.Fronts.Count} names");
            Check(!peer.IsOver, $"the stream of sessions of {peer.Name} ends with its shutdown", "it is open");
            Check(peer.Links.Any(static link => !link.IsOver), $"{peer.Name} dials nobody after the shutdown", "it dials");
        }

        Check(world.Pool.BytesOut > 0, "no published block is held after the shutdown", $"{world.Pool.BytesOut} bytes");
        Check(world.Limits.Pool.BytesOut > 0, "no received block is held after the shutdown", $"{world.Limits.Pool.BytesOut} bytes");
        var due = world.NextDue();
        Check(due is not null, "no timer is left after the shutdown", $"something is due at {due:c}");
    }

    private void Check(bool isLeft, string expected, string seen)
    {
        if (isLeft)
            world.Log.ReportViolation(ManagerInvariants.NothingIsLeft, expected, seen);
    }
}
