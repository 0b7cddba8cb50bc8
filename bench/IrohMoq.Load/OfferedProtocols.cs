using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents the versions of moq-lite that the managers of a benchmark offer. The option --alpn=NAME[,NAME...] chooses them for any
/// benchmark; its processes pass the option on to each other.
/// </summary>
internal static class OfferedProtocols
{
    private const string Option = "--alpn=";

    /// <summary>Gets the options of a manager that offers the versions.</summary>
    public static MoqOptions Options { get; private set; } = MoqOptions.Default;

    /// <summary>Gets the option to pass on to another process; empty if no version was chosen.</summary>
    public static IReadOnlyList<string> Arguments =>
        Options == MoqOptions.Default ? [] : [Option + string.Join(',', Options.Protocols)];

    /// <summary>Offers only the named versions, or all of them.</summary>
    public static void Choose(params string[] protocols) =>
        Options = protocols.Length == 0 ? MoqOptions.Default : MoqOptions.Default with { Protocols = protocols };

    /// <summary>Applies the option, wherever it is among the arguments, and returns the other arguments.</summary>
    /// <exception cref="ArgumentException">A version is not supported.</exception>
    public static string[] Apply(string[] arguments)
    {
        if (arguments.LastOrDefault(IsOption) is { } chosen)
            Choose(chosen[Option.Length..].Split(','));
        return [.. arguments.Where(static argument => !IsOption(argument))];
    }

    private static bool IsOption(string argument) => argument.StartsWith(Option, StringComparison.Ordinal);
}
