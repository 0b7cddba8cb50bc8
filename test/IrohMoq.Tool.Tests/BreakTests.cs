using System.Net;
using System.Text;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The groups that <c>subscribe --retry</c> misses before, during and after a break.</summary>
[CancelAfter(60_000)]
public class BreakTests : ToolTestBase
{
    [Test]
    public async Task GroupsThatAreMissingSinceABreak_AreReported_AndAddedToThoseBefore(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var broadcast = peer.Moq.CreateBroadcast();
        // The reader waits as long for a missing group as the publisher keeps one.
        var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromMilliseconds(200) });
        peer.Moq.Publish("n", broadcast);
        using var reader = Subscribe(peer.Ticket, "--retry", "--json");
        await track.WaitForSubscriberAsync(token);
        Write(track.AppendGroup());
        // Groups 1 to 3 never arrive.
        Write(track.CreateGroup(4));
        await ReadAsync(reader, groups: 2, token);

        await BreakAsync(peer.Moq, token);
        for (var i = 0; i < 3; i++)
            Write(track.AppendGroup());
        Assert.That(await NoteAsync(reader, "since", token), Is.EqualTo("groups 5 to 6 are missing since the break"));
        track.Finish();
        var ended = await reader.ExpectAsync("ended", token);
        Assert.That((Number(ended, "groups"), Number(ended, "missing"), Number(ended, "incomplete")), Is.EqualTo((3L, 5L, 0L)));
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Errors, Does.EndWith("moq: 5 groups are missing\n"));
    }

    [Test]
    public async Task GroupsOfAPublisherThatWasStartedAnew_AreNotMissing(CancellationToken token)
    {
        var key = SecretKey.Generate();
        var address = new IPEndPoint(IPAddress.Loopback, 0);
        ToolProcess? reader = null;
        try
        {
            for (ulong number = 0; number < 20; number += 10)
            {
                await using var endpoint = await IrohEndpoint.CreateAsync(key, new IrohEndpointOptions { BindAddress = address }, token);
                address = endpoint.LocalEndPoint;
                await using var moq = Moq.Serve(endpoint);
                var broadcast = moq.CreateBroadcast();
                var track = broadcast.CreateTrack("t");
                Write(track.CreateGroup(number));
                moq.Publish("n", broadcast);
                reader ??= Subscribe($"{endpoint.Ticket}", "--retry", "--json");
                await ReadAsync(reader, groups: (int)(number / 10) + 1, token);
                if (number == 10)
                    track.Finish();
            }

            Assert.That(Number(await reader!.ExpectAsync("ended", token), "missing"), Is.Zero);
            Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        }
        finally
        {
            reader?.Dispose();
        }
    }

    private static void Write(GroupProducer group)
    {
        group.Write(Encoding.ASCII.GetBytes("a frame"));
        group.Finish();
    }

    private static async Task ReadAsync(ToolProcess reader, int groups, CancellationToken token)
    {
        while (Number(await reader.ExpectAsync("progress", token), "groups") < groups)
        {
        }
    }

    private static async Task BreakAsync(Moq moq, CancellationToken token)
    {
        await foreach (var e in moq.ReadSessionEventsAsync(cancellationToken: token))
        {
            e.Session.Close(MoqErrorCode.FromApplication(1), "a break");
            await e.Session.Closed;
            return;
        }
    }

    private static async Task<string> NoteAsync(ToolProcess reader, string word, CancellationToken token)
    {
        while (true)
        {
            JsonElement note = await reader.ExpectAsync("note", token);
            if (note.GetProperty("message").GetString() is { } message && message.Contains(word, StringComparison.Ordinal))
                return message;
        }
    }
}
