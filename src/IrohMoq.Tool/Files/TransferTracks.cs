using System.Buffers;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Files;

/// <summary>Defines the broadcasts and tracks of a file transfer, and transfers a text as a track with one group.</summary>
internal static class TransferTracks
{
    /// <summary>The broadcast of the sender, which every peer receives. It has the track <see cref="ManifestTrack"/>.</summary>
    public const string Offer = "moq.files";

    /// <summary>
    /// The broadcast of the receiver, which only the sender receives. It has the tracks <see cref="RequestTrack"/> and
    /// <see cref="ResultTrack"/>.
    /// </summary>
    public const string Request = "moq.files.request";

    /// <summary>
    /// The broadcast of the sender, which only the receiver of the request receives. It has the track <see cref="ContentTrack"/>.
    /// </summary>
    public const string Content = "moq.files.content";

    public const string ManifestTrack = "manifest";
    public const string RequestTrack = "request";
    public const string ResultTrack = "result";
    public const string ContentTrack = "content";

    /// <summary>The maximum size of a result, in bytes.</summary>
    public const int MaxResultBytes = 64 << 10;

    private const int FrameSize = 64 << 10;

    /// <summary>Gets the options of a reader that receives all groups in order.</summary>
    public static SubscribeOptions FromTheStart { get; } = new() { Order = GroupOrder.Sequence, Start = GroupStart.Oldest };

    /// <summary>Writes a text as the only group of a track and finishes the track. Later readers receive the text too.</summary>
    public static void WriteAll(TrackProducer track, ReadOnlySpan<byte> text)
    {
        using var group = track.AppendGroup();
        while (!text.IsEmpty)
        {
            var length = Math.Min(text.Length, FrameSize);
            group.Write(text[..length]);
            text = text[length..];
        }

        group.Finish();
        track.Finish();
    }

    /// <summary>Reads a track with one group to its end.</summary>
    /// <exception cref="TransferException">The track has no group, or more than the maximum number of bytes.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAllAsync(TrackConsumer track, int maxBytes, CancellationToken cancellationToken)
    {
        using var reader = track.Open(FromTheStart);
        if (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is not { } group)
            throw new TransferException($"the track '{track.Name}' of the peer is empty");
        var text = new ArrayBufferWriter<byte>();
        await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (frame.Length > maxBytes - text.WrittenCount)
                throw new TransferException($"the track '{track.Name}' of the peer has more than {maxBytes} bytes");
            text.Write(frame.Payload);
        }

        // The publisher counts a reader as completed only when it has read the end of the track.
        if (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is not null)
            throw new TransferException($"the track '{track.Name}' of the peer has more than one group");
        return text.WrittenMemory;
    }
}
