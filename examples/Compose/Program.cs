using IrohMoq.Examples;

// dotnet run --project examples/Compose -- Chat
var examples = new Dictionary<string, Func<ISwarm, Task<IReadOnlyList<string>>>>(StringComparer.OrdinalIgnoreCase)
{
    [nameof(GuestList)] = swarm => GuestList.RunAsync(swarm),
    [nameof(Chat)] = swarm => Chat.RunAsync(swarm),
    [nameof(Failover)] = swarm => Failover.RunAsync(swarm),
    [nameof(Viewers)] = swarm => Viewers.RunAsync(swarm),
    [nameof(Reconnect)] = swarm => Reconnect.RunAsync(swarm),
    [nameof(Presence)] = swarm => Presence.RunAsync(swarm),
    [nameof(Lag)] = swarm => Lag.RunAsync(swarm),
    [nameof(ManyTracks)] = swarm => ManyTracks.RunAsync(swarm),
};
if (args.Length != 1 || !examples.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"Name one of {string.Join(", ", examples.Keys)}.");
    return 2;
}

await using var swarm = new LoopbackSwarm();
foreach (var line in await run(swarm))
    Console.WriteLine(line);
return 0;
