using System.Reactive.Concurrency;
namespace IrohMoq.Reactive.Testing;

/// <summary>Starts the readers and the faulty observers of a harsh simulation.</summary>
internal sealed class ReaderActions(ManagerScenario world, PeerOperations operations)
{
    public async Task ReadAsync(SimulatedPeer peer, SimulatedPeer publisher, BroadcastPath name, int value)
    {
        var open = world.Readers.Count(reader => !reader.IsOver && reader.Peer == peer && reader.Publisher == publisher);
        if (open >= HarshSettings.MaxReaders)
            return;
        if (await operations.SubscribeAsync(peer, publisher, name).ConfigureAwait(false) is not var (session, broadcast))
            return;

        using var cancellation = new CancellationTokenSource();
        peer.Readers.Add(cancellation);
        var frames = world.Sent.Verify(peer.Name, publisher.Name, name);
        var reader = new SimulatedReader(world, peer, publisher, name, session, broadcast, frames, cancellation, value);
        if (reader.HoldsUpWriter)
            reader.MarkHeldUp();
        world.Readers.Add(reader);
        await world.Pending.RunAsync(peer.Name, "read", $"{name} of {publisher.Name}, {reader.Behavior}", null, async () =>
        {
            var groups = reader.ReadGroupsAsync(cancellation.Token);
            if (world.Options.ReaderFault is { } fault)
                groups = fault(groups, world.Pool!, world.Runtime, cancellation.Token);
            await foreach (var group in groups.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(group).ConfigureAwait(false))
                    return "left";
            }

            // A lossless reader that misses a group fails and does not reach this point.
            reader.CheckLossless();
            reader.CheckSkipped();
            return "to its end";
        }).ConfigureAwait(false);
        reader.HasLeft |= cancellation.IsCancellationRequested;
        reader.IsOver = true;
        peer.Readers.Remove(cancellation);
    }

    public void ObserveFaultily(SimulatedPeer peer, int value)
    {
        // As in Rx, an exception of an observer would end the run. An application that must survive such an exception catches it on the
        // scheduler of the observer.
        var scheduler = world.Network.Scheduler.Catch<FaultyObserver.ThrownException>(static _ => true);
        switch (value / 2 % 5)
        {
            case 0:
                Observe(peer.Moq.SessionEvents(scheduler));
                break;
            case 1:
                Observe(peer.Moq.BroadcastEvents(scheduler));
                break;
            case 2:
                Observe(peer.Moq.SessionClosures(scheduler));
                break;
            case 3:
                Observe(peer.Moq.IncomingSessions(scheduler));
                break;
            default:
                Observe(peer.Moq.Announcements(scheduler: scheduler));
                break;
        }

        void Observe<T>(IObservable<T> source) =>
            new FaultyObserver<T>(world.Log, peer.Name, number: 1 + (value / 10 % 3), throws: value % 2 == 0).SubscribeTo(source);
    }
}
