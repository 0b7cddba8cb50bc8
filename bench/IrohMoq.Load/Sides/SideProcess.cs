using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Runs one side of a benchmark in a separate process. The process reads commands from standard input: each line contains a command and a
/// track name, and is answered by one line. The process ends when its input ends.
/// </summary>
internal static class SideProcess
{
    public const string Broadcast = "bench";

    public static async Task<int> PublishAsync(string tracks)
    {
        var specs = TrackSpec.Parse(tracks);
        // A writer that never waits occupies a thread, so the pool gets an additional thread per track.
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(workers + specs.Length, ports);
        await using var endpoint = await CreateEndpointAsync();
        await using var moq = Moq.Serve(endpoint, OfferedProtocols.Options);
        using var broadcast = new BroadcastProducer();
        var writers = specs.ToDictionary(spec => spec.Name, spec => new TrackWriter(broadcast, spec));
        using var live = moq.Publish(Broadcast, broadcast);
        Console.WriteLine(endpoint.Ticket);
        var peak = new PeakMeter();
        return Serve((_, track) => writers[track].Count(peak.Take()).ToText());
    }

    public static async Task<int> SubscribeAsync(string ticket)
    {
        await using var endpoint = await CreateEndpointAsync();
        await using var moq = new Moq(endpoint, OfferedProtocols.Options);
        await using var session = await moq.ConnectAsync(EndpointTicket.Parse(ticket));
        await using var broadcast = await session.SubscribeAsync(Broadcast);
        var readings = new Dictionary<string, TrackReading>();
        Console.WriteLine("connected");
        var peak = new PeakMeter();
        return Serve((command, track) =>
        {
            if (command == "read")
                readings[track] = new TrackReading(broadcast.Track(track));
            var reading = readings[track];
            switch (command)
            {
                case "pause":
                    reading.Pause();
                    break;
                case "resume":
                    reading.Resume();
                    break;
                case "age":
                    reading.NoteAges();
                    break;
                case "ages":
                    return reading.TakeAges().ToText();
                case "failure":
                    return reading.Failure ?? "";
                case "count":
                    return reading.Count(peak.Take()).ToText();
            }

            return "done";
        });
    }

    private static ValueTask<IrohEndpoint> CreateEndpointAsync() =>
        IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static int Serve(Func<string, string, string> answer)
    {
        while (Console.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            Console.WriteLine(answer(words[0], words[1]));
        }

        // Exits without waiting for pending operations, because they may be blocked. The benchmark detects that by its measurements.
        Environment.Exit(0);
        return 0;
    }
}
