using System.CommandLine;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Finds values of options that take none. The parser takes such a value for the argument of the command, and reports that as wrong.
/// </summary>
internal static class FlagValues
{
    private static readonly char[] Separators = ['=', ':'];

    /// <summary>Returns what is wrong with the first such value, or null if there is none.</summary>
    public static string? FindProblem(Command command, string[] words)
    {
        foreach (var word in words.TakeWhile(static word => word != "--"))
        {
            if (word.StartsWith('-') && word.IndexOfAny(Separators) is > 0 and var end && IsFlag(command, word[..end])
                && !bool.TryParse(word.AsSpan(end + 1), out _))
                return $"{word[..end]} takes no value, or true or false, not '{word[(end + 1)..]}'";
        }

        return null;
    }

    private static bool IsFlag(Command command, string name) =>
        command.Options.Any(option => option is Option<bool> && (option.Name == name || option.Aliases.Contains(name)));
}
