using System.Text;
using IrohMoq.Reactive;

using var source = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; source.Cancel(); };
var stop = source.Token;

await using var endpoint = await IrohEndpoint.CreateAsync(SecretKey.LoadOrCreate("me.key"));
await using var moq = Moq.Serve(endpoint);
using var broadcast = new BroadcastProducer();
var clock = broadcast.CreateTrack("clock");
using var live = moq.Publish("studio/main", broadcast);
Console.WriteLine(endpoint.Ticket);

while (!stop.IsCancellationRequested)
{
    using var group = clock.AppendGroup();
    group.Write(Encoding.UTF8.GetBytes($"{DateTimeOffset.UtcNow:O}"));
    group.Finish();
    await Task.Delay(1000, stop);
}
