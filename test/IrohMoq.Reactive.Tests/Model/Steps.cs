namespace IrohMoq.Reactive.Tests.Model;

/// <summary>What a test does in one word: whole groups written, and all there is read.</summary>
internal static class Steps
{
    /// <summary>Writes a finished group of one frame.</summary>
    public static GroupProducer Put(this TrackProducer track, int bytes = 1, ulong? sequence = null)
    {
        var group = sequence is { } number ? track.CreateGroup(number) : track.AppendGroup();
        group.Write(new byte[bytes]);
        group.Finish();
        return group;
    }

    /// <summary>Writes a frame as the network does, whether a lossless track has room for it or not.</summary>
    public static void Push(this GroupProducer group, int bytes)
    {
        var frame = new FrameAssembly();
        frame.Begin(group, bytes, 0);
        while (frame.Missing > 0)
            frame.Advance(frame.Room.Length);
        frame.Commit();
    }

    /// <summary>Writes a finished group of one frame. On a lossless track it waits for room.</summary>
    public static async Task PutAsync(this TrackProducer track, int bytes = 1)
    {
        using var group = await track.AppendGroupAsync();
        await group.WriteAsync(new byte[bytes]);
        group.Finish();
    }

    /// <summary>Returns the numbers of all groups that a reader has now, and releases the groups.</summary>
    public static IReadOnlyList<ulong> TakeAll(this TrackCursor cursor)
    {
        var numbers = new List<ulong>();
        while (cursor.TryNext(out var group))
        {
            numbers.Add(group.Sequence);
            group.Dispose();
        }

        return numbers;
    }

    /// <summary>Returns the numbers of the kept groups, which a reader that begins at the first group would read.</summary>
    public static IReadOnlyList<ulong> Kept(this TrackProducer track)
    {
        using var cursor = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest });
        return cursor.TakeAll();
    }

    public static GroupConsumer Take(this TrackCursor cursor) =>
        cursor.TryNext(out var group) ? group : throw new InvalidOperationException("There is no group to take.");

    public static Frame Take(this GroupConsumer group) =>
        group.TryReadFrame(out var frame) ? frame : throw new InvalidOperationException("There is no frame to take.");

    /// <summary>Reads to the end, and returns the length of each frame and then how the group ended: "end" or the code.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(this GroupConsumer group)
    {
        var seen = new List<string>();
        try
        {
            await foreach (var frame in group.ReadFramesAsync())
                seen.Add($"{frame.Length}");
            seen.Add("end");
        }
        catch (MoqStreamException failure)
        {
            seen.Add($"{failure.Code}");
        }

        return seen;
    }

    /// <summary>Reads the groups to the end, and returns the number of each and then how the track ended.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(this TrackConsumer track)
    {
        var seen = new List<string>();
        try
        {
            await foreach (var group in track.ReadGroupsAsync())
            {
                using (group)
                    seen.Add($"{group.Sequence}:{string.Join(',', await group.ReadAsync())}");
            }

            seen.Add("end");
        }
        catch (MoqStreamException failure)
        {
            seen.Add($"{failure.Code}");
        }

        return seen;
    }

    public static MoqErrorCode CodeOf(Action action)
    {
        try
        {
            action();
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }

        throw new InvalidOperationException("It did not fail.");
    }
}
