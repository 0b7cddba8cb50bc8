using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>Converts the names of broadcasts and routes to text for people.</summary>
internal static class BroadcastName
{
    /// <summary>Returns the name on one line. The name without segments, that of the root, is a slash.</summary>
    public static string Of(BroadcastPath path, int maxLength = TerminalText.MaxLength) =>
        path.IsEmpty ? "/" : TerminalText.Escape(path.ToString(), maxLength);
}
