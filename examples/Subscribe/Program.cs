using System.Text;
using IrohMoq.Reactive;

if (args is not [var text] || !EndpointTicket.TryParse(text, out var ticket))
{
    Console.Error.WriteLine("Run it with the ticket that the publisher prints: dotnet run -- TICKET");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };              // Ctrl-C cancels the waits below
try
{
    await using var endpoint = await IrohEndpoint.CreateAsync();
    await using var moq = new Moq(endpoint);
    await using var session = await moq.ConnectAsync(ticket, stop.Token);
    await using var studio = await session.SubscribeAsync("studio/main", stop.Token); // waits until the peer announces it
    await foreach (var group in studio.Track("clock").ReadGroupsAsync(stop.Token))
        await foreach (var frame in group.ReadFramesAsync(stop.Token))
            Console.WriteLine(Encoding.UTF8.GetString(frame.Payload));
    return 0;
}
catch (OperationCanceledException)
{
    return 130;
}
catch (MoqException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
