using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>Specifies what a publishing side writes to one track.</summary>
/// <param name="Name">The name of the track.</param>
/// <param name="FrameSize">The number of bytes per frame, 8 or more. The first 8 bytes are the time of the write.</param>
/// <param name="FramesPerGroup">The number of frames per group.</param>
/// <param name="IsLossless">True if the track is lossless, so that writing waits for the reader; otherwise, false.</param>
/// <param name="FramesPerSecond">The number of frames per second; 0 to write without a limit.</param>
/// <param name="Priority">The priority of the track.</param>
internal sealed record TrackSpec(
    string Name, int FrameSize, int FramesPerGroup, bool IsLossless = false, double FramesPerSecond = 0, byte Priority = 0)
{
    public static string ToText(params TrackSpec[] tracks) => JsonSerializer.Serialize(tracks);

    public static TrackSpec[] Parse(string text) => JsonSerializer.Deserialize<TrackSpec[]>(text) ?? throw new InvalidDataException(text);
}
