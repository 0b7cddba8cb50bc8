using System.Text;

namespace IrohMoq.Tool.Streams;

/// <summary>Represents a writer of UTF-8 text whose lines are written by a <see cref="BackgroundWriter"/>.</summary>
/// <param name="target">The target.</param>
/// <param name="isLossy">
/// True to discard text while too much waits to be written; false to wait until there is room again.
/// </param>
internal sealed class BackgroundTextWriter(BackgroundWriter target, bool isLossy) : TextWriter
{
    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.IsEmpty || (isLossy && target.Pending > BlockingPipe.Capacity / 2))
            return;
        var bytes = new byte[Encoding.GetByteCount(buffer)];
        Encoding.GetBytes(buffer, bytes);
        target.Start().AppendAndWait(bytes);
    }

    public override void WriteLine(string? value) => Write(value + "\n");
}
