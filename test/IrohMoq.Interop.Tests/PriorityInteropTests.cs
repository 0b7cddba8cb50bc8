using System.Net;
using IrohMoq.Load;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Two tracks on a narrow link: the priority that the subscriber asks for decides which of them is read first.</summary>
[NonParallelizable]
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class PriorityInteropTests(string protocol)
{
    private const int BytesPerSecond = 2_000_000;
    private const int Queue = 40_000;
    private const int BulkGroups = 60;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly int[][] Bulk = [.. Enumerable.Repeat(new[] { 50_000, 50_000 }, BulkGroups)];
    private static readonly int[][] Small = [.. Enumerable.Repeat(new[] { 100 }, 10)];

    [Test]
    [CancelAfter(90_000)]
    public Task HigherPriority_OvertakesTheBulk(CancellationToken ct) => RunAsync(
        small: 200, bulk: 10, isUpdated: false, ct);

    [Test]
    [CancelAfter(90_000)]
    public Task PriorityThatIsRaised_OvertakesTheBulkFromThenOn(CancellationToken ct) => RunAsync(
        small: 10, bulk: 100, isUpdated: true, ct);

    private async Task RunAsync(byte small, byte bulk, bool isUpdated, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var link = new NarrowLink((IPEndPoint)us.Endpoint.Address.Addresses[0], BytesPerSecond, Queue);
        using var broadcast = new BroadcastProducer();
        using var bulkTrack = broadcast.CreateTrack("bulk", new TrackOptions { Lossless = true });
        using var smallTrack = broadcast.CreateTrack("small", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("two", broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await reader.AskAsync(new { cmd = "dial", id = us.Endpoint.Id.ToString(), addr = link.Address.ToString() }, "connected", ct);

        var writing = Task.WhenAll(TrackPattern.WriteAsync(bulkTrack, Bulk, ct), TrackPattern.WriteAsync(smallTrack, Small, ct));
        await reader.SendAsync(new { cmd = "subscribe", name = "two", track = "bulk", priority = bulk }, ct);
        await reader.ExpectAsync("group", ct, e => e.Text("track") == "bulk");
        await reader.SendAsync(new { cmd = "subscribe", name = "two", track = "small", priority = small }, ct);
        if (isUpdated)
        {
            await smallTrack.WaitForSubscriberAsync(ct);
            await reader.ExpectAsync("group", ct, e => e.Text("track") == "bulk");
            Assert.That(reader.Untaken("group").Where(e => e.Text("track") == "small"), Is.Empty);
            await reader.SendAsync(new { cmd = "update", name = "two", track = "small", priority = 200, ordered = true }, ct);
        }

        // The peer tells the end of a track late, so the groups are counted.
        for (var i = 0; i < Small.Length; i++)
            await reader.ExpectAsync("group", ct, e => e.Text("track") == "small", Long);
        var read = reader.Untaken("group").Count(e => e.Text("track") == "bulk");
        Assert.That(read, Is.LessThan(BulkGroups / 2), "groups of the bulk that came first");
        var end = await reader.ExpectAsync("track_end", ct, e => e.Text("track") == "bulk", Long);
        Assert.That((end.Number("groups"), end.Flag("ok")), Is.EqualTo(((long)BulkGroups, true)));
        await writing;
    }
}
