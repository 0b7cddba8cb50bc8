using System.Text;
using IrohMoq.Reactive;

using var everySecond = new PeriodicTimer(TimeSpan.FromSeconds(1));
Console.CancelKeyPress += (_, e) => { e.Cancel = true; everySecond.Dispose(); };      // Ctrl-C ends the loop below

await using var endpoint = await IrohEndpoint.CreateAsync(SecretKey.LoadOrCreate("me.key"));
await using var moq = Moq.Serve(endpoint);
using var broadcast = moq.CreateBroadcast();
var clock = broadcast.CreateTrack("clock");
using var registration = moq.Publish("studio/main", broadcast);                       // disposing it withdraws the broadcast
Console.WriteLine(endpoint.Ticket);

while (await everySecond.WaitForNextTickAsync())
{
    using var group = clock.AppendGroup();
    group.Write(Encoding.UTF8.GetBytes($"{DateTimeOffset.UtcNow:O}"));
    group.Finish();
}

clock.Finish();                                                                       // readers see the end of the track
