using System.CommandLine;

namespace IrohMoq.Tool.Commands.Completion;

/// <summary>Represents the command <c>moq completion</c>, which prints a script that makes a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.CompletionSources.Add(Shells);
        shell.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var word }] && !Shells.Contains(word))
                result.AddError(ChoiceOption.Refuse("SHELL", word, Shells));
        });
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
