using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Sends one file to several readers, whole.</summary>
public static class FileToMany
{
    /// <summary>Waits for the readers, sends the file, and returns when each of them has read all of it.</summary>
    public static async Task SendAsync(Moq moq, BroadcastPath name, Stream file, int readers, CancellationToken stop = default)
    {
        using var broadcast = moq.CreateBroadcast();
        var options = new TrackOptions { Lossless = true, DropsWithoutReaders = true };      // writing ends when all readers are lost
        var bytes = broadcast.CreateTrack("bytes", options);
        using var registration = moq.Publish(name, broadcast);
        await bytes.WaitForSubscribersAsync(readers, stop);

        var buffer = new byte[64 * 1024];
        while (await file.ReadAsync(buffer, stop) is > 0 and var length)
        {
            using var group = await bytes.AppendGroupAsync(stop);
            await group.WriteAsync(buffer.AsMemory(0, length), stop);
            group.Finish();
        }

        bytes.Finish();
        await bytes.WaitForNoSubscriberAsync(stop);
        if (bytes.ReaderTotals.Lost > 0)
            throw new IOException($"{bytes.ReaderTotals.Lost} readers were lost before they had read the whole file.");
    }

    /// <summary>Receives a file. It fails if the file does not arrive whole.</summary>
    public static async Task ReceiveAsync(MoqSession session, BroadcastPath name, Stream file, CancellationToken stop = default)
    {
        await using var broadcast = await session.SubscribeAsync(name, stop);
        var inOrder = new SubscribeOptions { Order = GroupOrder.Sequence, Start = GroupStart.Oldest };
        await foreach (var group in broadcast.Track("bytes").ReadGroupsAsync(inOrder, stop))
            await foreach (var frame in group.ReadFramesAsync(stop))
                await frame.CopyToAsync(file, stop);
    }
}
