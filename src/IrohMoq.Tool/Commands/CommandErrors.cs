using System.CommandLine;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Reports errors that occur outside of a command, in the same form as those of a command.</summary>
internal static class CommandErrors
{
    /// <summary>Reports what is wrong with the command line, as one line.</summary>
    public static void Report(ParseResult parsed) =>
        Report(parsed, string.Join("; ", parsed.Errors.Select(static error => OneLine(error.Message))));

    /// <summary>Reports what is wrong with the command line, and where it is explained.</summary>
    public static void Report(ParseResult parsed, string words)
    {
        var command = parsed.CommandResult.Command is RootCommand ? "moq" : $"moq {parsed.CommandResult.Command.Name}";
        Report($"{words} (see {command} --help)");
    }

    /// <summary>Reports an error.</summary>
    public static void Report(string message)
    {
        using IOutput output = Diagnostics.IsJson ? new JsonOutput() : new PlainOutput(Console.Out);
        output.Error(message, null);
    }

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
