using System.CommandLine;

namespace IrohMoq.Tool.Commands.Completion;

/// <summary>Represents the command <c>moq completion</c>, which prints a script that makes a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a script that makes a shell complete commands and options.") { shell };
        command.SetAction(async (words, _) =>
        {
            var script = words.GetRequiredValue(shell) switch
            {
                "bash" => CompletionScripts.Bash,
                "zsh" => CompletionScripts.Zsh,
                _ => CompletionScripts.Fish,
            };
            await words.InvocationConfiguration.Output.WriteAsync(script).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
