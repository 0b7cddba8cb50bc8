using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Sends and receives a large frame piece by piece.</summary>
public static class FrameInPieces
{
    public static async Task SendAsync(TrackProducer track, Stream picture, CancellationToken stop = default)
    {
        using var group = await track.AppendGroupAsync(stop);
        using var frame = await group.BeginFrameAsync((int)picture.Length, cancellationToken: stop);
        var buffer = new byte[16 * 1024];
        while (await picture.ReadAsync(buffer, stop) is > 0 and var length)
            frame.Write(buffer.AsSpan(0, length));
        frame.Finish();
        group.Finish();
    }

    public static async Task ReceiveAsync(GroupConsumer group, Stream picture, Action<double> show, CancellationToken stop = default)
    {
        await foreach (var chunk in group.ReadChunksAsync(stop))
        {
            await chunk.CopyToAsync(picture, stop);
            show((double)(chunk.Offset + chunk.Length) / chunk.FrameLength);
        }
    }
}
