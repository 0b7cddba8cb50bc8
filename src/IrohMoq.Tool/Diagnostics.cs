namespace IrohMoq.Tool;

/// <summary>Provides the words of the command line that apply before they are parsed, or although they cannot be.</summary>
internal static class Diagnostics
{
    /// <summary>Gets a value indicating whether exceptions are shown with their stack traces.</summary>
    public static bool IsVerbose { get; private set; }

    /// <summary>Gets a value indicating whether errors are reported as JSON events as well.</summary>
    public static bool IsJson { get; private set; }

    public static void Read(string[] arguments)
    {
        IsVerbose = arguments.Any(static word => word is "-v" or "--verbose");
        IsJson = arguments.Any(static word => word is "--json" or "--json=true" or "--json:true");
    }
}
