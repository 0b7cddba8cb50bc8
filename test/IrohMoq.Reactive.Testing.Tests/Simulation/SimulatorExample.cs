using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Guests connect to a room, and the room keeps a list of the guests that are present.</summary>
public sealed class RoomScenario : SimulationScenario
{
    private readonly List<Moq> _guests = [];
    private readonly Dictionary<Moq, MoqSession> _sessions = [];
    private readonly HashSet<EndpointId> _present = [];
    private Moq _room = null!;

    public RoomScenario()
    {
        AddAction("connect", weight: 3, random => ConnectAsync(Pick(random, _guests)!));
        AddAction("cut", weight: 1, random => CutAsync(Pick(random, _guests)!, TimeSpan.FromSeconds(random.Next(60))));
        AddInvariant("no stranger is present", () => _present.Count > _guests.Count ? $"{_present.Count} guests" : null);
        AddFinalInvariant("the guests with an open session are present", FindDifference);
    }

    protected override Task StartAsync()
    {
        _room = Network.AddPeer("room");
        _room.SessionEvents().Subscribe(change => _ = change.IsOpening ? _present.Add(change.RemoteId) : _present.Remove(change.RemoteId));
        foreach (var name in new[] { "alice", "bob", "carol" })
            _guests.Add(Network.AddPeer(name));
        return Task.CompletedTask;
    }

    private async Task ConnectAsync(Moq guest)
    {
        try
        {
            _sessions[guest] = await guest.ConnectAsync(Network.AddressOf(_room));
        }
        catch (MoqConnectException)
        {
            // The guest is cut off.
        }
    }

    private async Task CutAsync(Moq guest, TimeSpan time)
    {
        Network.Partition(guest, _room);
        await Network.Runtime.DelayAsync(time);
        Network.Heal(guest, _room);
    }

    private string? FindDifference()
    {
        var connected = _sessions.Where(static entry => !entry.Value.Closed.IsCompleted).Select(entry => Network.EndpointOf(entry.Key).Id);
        return _present.SetEquals(connected) ? null : $"{_present.Count} guests are present, and {connected.Count()} have a session";
    }
}

/// <summary>The program of docs/simulator.md, as it stands there.</summary>
public sealed class SimulatorExample
{
    [Test]
    public void Room_HasTheGuestsThatAreConnected([Range(0, 9)] int seed)
    {
        var result = Simulation.Run(() => new RoomScenario(), new SimulationOptions { Seed = seed });
        Assert.That(result.Violation, Is.Null);
    }
}
