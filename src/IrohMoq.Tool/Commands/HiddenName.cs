using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands;

/// <summary>Determines which names are hidden in lists, as those of files that begin with a dot are.</summary>
internal static class HiddenName
{
    /// <summary>Determines whether a segment of a name below a prefix begins with a dot.</summary>
    public static bool IsHidden(BroadcastPath path, BroadcastPath prefix)
    {
        var name = path.TryStripPrefix(prefix, out var suffix) ? suffix.ToString() : path.ToString();
        return name.StartsWith('.') || name.Contains("/.", StringComparison.Ordinal);
    }
}
