using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>What a publishing side writes on one track.</summary>
/// <param name="Name">The track's name.</param>
/// <param name="FrameSize">Bytes a frame, 8 or more: the first 8 are the time of the write.</param>
/// <param name="FramesPerGroup">Frames a group.</param>
/// <param name="IsLossless">Whether writing waits for the reader.</param>
/// <param name="FramesPerSecond">How fast; 0 is as fast as it goes.</param>
/// <param name="Priority">The track's priority.</param>
internal sealed record TrackSpec(
    string Name, int FrameSize, int FramesPerGroup, bool IsLossless = false, double FramesPerSecond = 0, byte Priority = 0)
{
    public static string ToText(params TrackSpec[] tracks) => JsonSerializer.Serialize(tracks);

    public static TrackSpec[] Parse(string text) => JsonSerializer.Deserialize<TrackSpec[]>(text) ?? throw new InvalidDataException(text);
}
