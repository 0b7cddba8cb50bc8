using System.Reactive.Concurrency;
namespace IrohMoq.Reactive.Testing;

/// <summary>Lets peers read and observe as nobody would wish, and keeps the books of it.</summary>
internal sealed class HarshReaders(World world, Actions actions)
{
    public async Task ReadAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name, int value)
    {
        if (world.Readings.Count(reading => !reading.IsOver && reading.Peer == peer && reading.Other == other) >= HarshTerms.MostReadings)
            return;
        if (await actions.SubscribeAsync(peer, other, name).ConfigureAwait(false) is not var (session, broadcast))
            return;

        using var leave = new CancellationTokenSource();
        peer.Readers.Add(leave);
        var reading = new HarshReading(world, peer, other, name, session, broadcast, world.Ledger.Read(peer.Name, other.Name, name), leave, value);
        if (reading.IsSick)
            reading.MarkSick();
        world.Readings.Add(reading);
        await world.Waits.RunAsync(peer.Name, "read", $"{name} of {other.Name}, {reading.Manner}", null, async () =>
        {
            var groups = reading.Track.ReadGroupsAsync(leave.Token);
            if (world.ReadingFault is { } fault)
                groups = fault(groups, world.Pool!, world.Runtime, leave.Token);
            await foreach (var group in groups.ConfigureAwait(false))
            {
                if (!await reading.TakeAsync(group).ConfigureAwait(false))
                    return "has enough";
            }

            // Silently less would be this.
            reading.CheckExact();
            reading.CheckThatAllIsTold();
            return "to its end";
        }).ConfigureAwait(false);
        reading.HasLeft |= leave.IsCancellationRequested;
        reading.IsOver = true;
        peer.Readers.Remove(leave);
    }

    public void Observe(SimulatedPeer peer, int value)
    {
        var (number, throws) = (1 + (value / 6 % 3), value % 2 == 0);
        // As an application does that wants to survive its observers: otherwise the exception would end the run.
        var scheduler = world.Network.Scheduler.Catch<BadObserver.ThrownException>(static _ => true);
        switch (value / 2 % 3)
        {
            case 0:
                new BadObserver<SessionEvent>(world.Journal, peer.Name, number, throws).SubscribeTo(peer.Moq.SessionEvents(scheduler));
                break;
            case 1:
                new BadObserver<BroadcastEvent>(world.Journal, peer.Name, number, throws).SubscribeTo(peer.Moq.BroadcastEvents(scheduler));
                break;
            default:
                new BadObserver<SessionClosed>(world.Journal, peer.Name, number, throws).SubscribeTo(peer.Moq.SessionClosures(scheduler));
                break;
        }
    }
}
