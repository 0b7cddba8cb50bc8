using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Reads a device into the memory of a group, so that nothing is copied.</summary>
public static class FrameWithoutCopy
{
    public static async Task SendPictureAsync(TrackProducer track, Stream device, int maxSize, CancellationToken stop = default)
    {
        using var group = await track.AppendGroupAsync(stop);
        var length = await device.ReadAsync(group.GetFrameMemory(maxSize), stop);
        await group.CommitFrameAsync(length, stop);
        group.Finish();
    }
}
