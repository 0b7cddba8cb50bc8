using System.Buffers;
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
    /// <summary>The maximum length of a time as text.</summary>
    public const int MaxLength = 64;

    private const int FramesPerGroup = 10;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _text = new byte[MaxLength];
    private long _start;
    private long _frames;

    public async ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        // Send times are calculated from the start time, so that a late frame does not delay the following frames. The frames of a time in
        // which the process was suspended are skipped, so that they do not follow all at once.
        if (_frames == 0)
            _start = runtime.GetTimestamp();
        var ahead = (_frames * Every) - runtime.GetElapsedTime(_start);
        if (ahead < -Every)
            _start += (long)(-ahead.TotalSeconds * runtime.TimestampFrequency);
        await runtime.DelayAsync(ahead, cancellationToken).ConfigureAwait(false);
        var text = runtime.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        var length = Encoding.ASCII.GetBytes(text, _text);
        return new SourceFrame(new ReadOnlySequence<byte>(_text, 0, length), _frames++ % FramesPerGroup == 0);
    }

    /// <summary>Reads the send time from the payload of a frame that a <see cref="ClockSource"/> generated.</summary>
    /// <returns>True if the payload contains a time; false if it is not from a clock source.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out DateTimeOffset sent)
    {
        Span<char> text = stackalloc char[MaxLength];
        sent = default;
        return payload.Length is > 0 and <= MaxLength
            && Encoding.ASCII.TryGetChars(payload, text, out var length)
            && DateTimeOffset.TryParseExact(text[..length], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out sent);
    }

    public void Dispose()
    {
    }
}
