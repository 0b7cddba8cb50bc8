using System.Text;
using IrohMoq.Reactive;

using var source = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; source.Cancel(); };
var stop = source.Token;

await using var endpoint = await IrohEndpoint.CreateAsync();
await using var moq = new Moq(endpoint);
await using var session = await moq.ConnectAsync(EndpointTicket.Parse(args[0]), stop);
await using var studio = await session.SubscribeAsync("studio/main", stop);

await foreach (var group in studio.Track("clock").ReadGroupsAsync(stop))
    await foreach (var frame in group.ReadFramesAsync(stop))
        Console.WriteLine(Encoding.UTF8.GetString(frame.Payload));
