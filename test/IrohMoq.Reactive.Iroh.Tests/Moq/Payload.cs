namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Frames whose bytes contain the numbers of their group and frame.</summary>
internal static class Payload
{
    private const int Largest = 1 << 20;
    private const int Places = 4093;
    private static readonly byte[] Bytes = Random();

    /// <summary>Returns the payload of a frame.</summary>
    public static ReadOnlyMemory<byte> Of(ulong sequence, int frame, int size) =>
        Bytes.AsMemory((int)(((sequence * 131) + ((ulong)frame * 7)) % Places), size);

    /// <summary>Writes a finished group. On a lossless track it waits for room.</summary>
    public static async Task WriteAsync(TrackProducer track, int size, int frames, CancellationToken ct)
    {
        using var group = await track.AppendGroupAsync(ct);
        for (var i = 0; i < frames; i++)
            await group.WriteAsync(Of(group.Sequence, i, size), ct);
        group.Finish();
    }

    /// <summary>Reads a group to its end with a pause before each frame, and checks the payloads and the number of the frames.</summary>
    public static async Task ReadAsync(GroupConsumer group, int size, int frames, CancellationToken ct, Func<Task>? pause = null)
    {
        var read = 0;
        await foreach (var frame in group.ReadFramesAsync(ct))
        {
            if (pause is not null)
                await pause();
            if (!frame.Payload.SequenceEqual(Of(group.Sequence, read, size).Span))
                Assert.Fail($"Frame {read} of group {group.Sequence}, of {frame.Length} bytes, is not what was written.");
            read++;
        }

        Assert.That(read, Is.EqualTo(frames), $"frames of group {group.Sequence}");
    }

    private static byte[] Random()
    {
        var bytes = new byte[Largest + Places];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}
