using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace IrohMoq.Tool.Help;

/// <summary>Prints the help of a command, followed by examples.</summary>
/// <param name="help">The action that prints the help.</param>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string Heading = "Examples:";

    public override bool ClearsParseErrors => true;

    /// <summary>
    /// Adds the examples to the help of the tool and of all its commands. Without a command, the tool prints its help to standard error and
    /// exits with 2, so that a script whose command is empty does not succeed.
    /// </summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        // The aliases of Windows would be offered by the completion of the shell.
        option.Aliases.Remove("/?");
        option.Aliases.Remove("/h");
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
        root.SetAction(_ =>
        {
            root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
            return ExitCode.BadUsage;
        });
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var examples = ExamplesOf(parseResult.CommandResult.Command);
        if (examples.Length == 0)
            return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(Heading);
        foreach (var example in examples)
        {
            output.WriteLine($"  # {example.Purpose}");
            output.WriteLine($"  {example.Line}");
        }

        output.WriteLine();
        return code;
    }

    private static Example[] ExamplesOf(Command command)
    {
        if (command is not RootCommand)
            return [.. Example.All.Where(example => example.Command == command.Name)];
        var commands = command.Subcommands.Select(static sub => sub.Name).ToHashSet();
        return [.. Example.All.Where(example => commands.Contains(example.Command)).DistinctBy(static example => example.Command)];
    }
}
