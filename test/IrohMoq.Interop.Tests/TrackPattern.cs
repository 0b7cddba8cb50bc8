using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Writes and verifies tracks of <see cref="Pattern"/> payloads, which are described by the sizes of their frames.</summary>
internal static class TrackPattern
{
    /// <summary>Writes the groups after the first subscription, ends the track, and waits until all subscribers have left.</summary>
    public static async Task WriteAsync(TrackProducer track, int[][] groups, CancellationToken ct)
    {
        await track.WaitForSubscriberAsync(ct);
        foreach (var sizes in groups)
        {
            using var group = await track.AppendGroupAsync(ct);
            for (var frame = 0; frame < sizes.Length; frame++)
                await group.WriteAsync(Pattern.Frame(track.Name, group.Sequence, frame, sizes[frame]), ct);
            group.Finish();
        }

        track.Finish();
        await track.WaitForNoSubscriberAsync(ct);
    }

    /// <summary>Reads the track to its end and verifies every byte of every frame of every group.</summary>
    public static async Task VerifyAsync(TrackConsumer track, int[][] groups, CancellationToken ct, Func<Task>? beforeEachGroup = null)
    {
        var seen = new SortedDictionary<ulong, int[]>();
        await foreach (var group in track.ReadGroupsAsync(ct))
        {
            if (beforeEachGroup is not null)
                await beforeEachGroup();
            var sizes = new List<int>();
            await foreach (var frame in group.ReadFramesAsync(ct))
            {
                Assert.That(Pattern.FirstDifference(frame.Payload, track.Name, group.Sequence, sizes.Count), Is.EqualTo(-1));
                sizes.Add(frame.Length);
            }

            seen.Add(group.Sequence, [.. sizes]);
        }

        Assert.That(seen.Keys, Is.EqualTo(groups.Select((_, i) => (ulong)i)));
        Assert.That(seen.Values, Is.EqualTo(groups));
    }
}
