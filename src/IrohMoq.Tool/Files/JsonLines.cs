using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace IrohMoq.Tool.Files;

/// <summary>Writes and reads JSON texts, one on each line.</summary>
internal static class JsonLines
{
    public static void Append<T>(ArrayBufferWriter<byte> lines, T value, JsonTypeInfo<T> type)
    {
        using (var json = new Utf8JsonWriter(lines))
            JsonSerializer.Serialize(json, value, type);
        lines.Write("\n"u8);
    }

    /// <summary>Removes the first line, including its line feed, and returns its value.</summary>
    /// <exception cref="TransferException">There is no complete line, or it is not the expected JSON.</exception>
    public static T Take<T>(ref ReadOnlySpan<byte> lines, JsonTypeInfo<T> type, string what)
    {
        var end = lines.IndexOf((byte)'\n');
        if (end < 0)
            throw new TransferException($"the peer sent {what} that is truncated");
        var value = Parse(lines[..end], type, what);
        lines = lines[(end + 1)..];
        return value;
    }

    /// <exception cref="TransferException">The text is not the expected JSON.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> text, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new TransferException($"the peer sent {what} that is null");
        }
        // Half a surrogate pair in a string causes an InvalidOperationException.
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new TransferException($"the peer sent {what} that is malformed", wrong);
        }
    }
}
