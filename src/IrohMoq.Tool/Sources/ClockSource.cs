using System.Globalization;
using System.Text;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Sources;

/// <summary>
/// Represents a live source that generates a group each second and a frame each 100 ms. Each frame contains the time at which it is sent,
/// as text.
/// </summary>
internal sealed class ClockSource(Runtime runtime) : ISource
{
    private const int FramesPerGroup = 10;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _text = new byte[64];
    private long _start;
    private long _frames;

    public async ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        // Send times are calculated from the start time, so that a late frame does not delay the following frames.
        if (_frames == 0)
            _start = runtime.GetTimestamp();
        await runtime.DelayAsync((_frames * Every) - runtime.GetElapsedTime(_start), cancellationToken).ConfigureAwait(false);
        var text = runtime.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        var length = Encoding.ASCII.GetBytes(text, _text);
        return new SourceFrame(_text.AsMemory(0, length), _frames++ % FramesPerGroup == 0);
    }

    /// <summary>Reads the send time from the payload of a frame that a <see cref="ClockSource"/> generated.</summary>
    /// <returns>True if the payload contains a time; false if it is not from a clock source.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out DateTimeOffset sent)
    {
        Span<char> text = stackalloc char[64];
        sent = default;
        return payload.Length is > 0 and <= 64
            && Encoding.ASCII.TryGetChars(payload, text, out var length)
            && DateTimeOffset.TryParseExact(text[..length], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out sent);
    }

    public void Dispose()
    {
    }
}
