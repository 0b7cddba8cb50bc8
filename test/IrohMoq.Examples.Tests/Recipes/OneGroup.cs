using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>A track of pictures, of which single ones are fetched.</summary>
public static class OneGroup
{
    /// <summary>Returns a picture, or null if the publisher does not have it.</summary>
    public static async Task<byte[]?> PictureAsync(TrackConsumer pictures, ulong number, CancellationToken stop = default)
    {
        try
        {
            using var group = await pictures.FetchAsync(number, new FetchOptions { Priority = 200 }, stop);
            await foreach (var frame in group.ReadFramesAsync(stop))
                return frame.ToArray();
        }
        catch (MoqStreamException gone) when (gone.Code == MoqErrorCode.NotFound || gone.Code == MoqErrorCode.Evicted)
        {
            // The group never was, or the publisher no longer keeps it.
        }

        return null;
    }
}
