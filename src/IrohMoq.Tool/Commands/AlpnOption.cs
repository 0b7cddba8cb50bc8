using System.CommandLine;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands;

/// <summary>Creates the option for the versions of moq-lite that are offered to the peer.</summary>
internal static class AlpnOption
{
    /// <summary>Creates the option. Without it, all versions are offered.</summary>
    public static Option<string[]?> Create()
    {
        var option = new Option<string[]?>("--alpn")
        {
            Description = "The versions of moq-lite that are offered or accepted, in order of preference and separated by commas. The "
                + $"default is {string.Join(',', MoqOptions.SupportedProtocols)}.",
            HelpName = "NAME[,NAME]...",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = static result =>
            {
                var names = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
                if (FindProblem(names, result.Tokens[0].Value) is not { } problem)
                    return names;
                result.AddError($"--alpn {problem}; the versions are {string.Join(',', MoqOptions.SupportedProtocols)}");
                return null;
            },
        };
        option.CompletionSources.Add([.. MoqOptions.SupportedProtocols]);
        return option;
    }

    /// <summary>Returns what is wrong with a list of protocol names, or null if it can be offered.</summary>
    private static string? FindProblem(string[] names, string text)
    {
        foreach (var name in names)
        {
            if (name.Length == 0)
                return $"has an empty name in '{text}'";
            if (!MoqOptions.SupportedProtocols.Contains(name))
                return $"takes no protocol '{name}'";
        }

        return names.CountBy(static name => name).FirstOrDefault(static count => count.Value > 1) is { Key: { } twice }
            ? $"names '{twice}' twice"
            : null;
    }
}
