using System.CommandLine;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Represents the command <c>moq id</c>, which prints the endpoint id of a key file and creates the file if it is missing.
/// </summary>
internal static class IdCommand
{
    public static Command Create()
    {
        var keys = new KeyOptions();
        var json = new Option<bool>("--json") { Description = "Prints one JSON object." };
        var command = new Command("id", "Prints the endpoint id of a key.") { keys.File, keys.Variable, json };
        command.SetAction((words, interrupted) =>
        {
            var output = words.GetValue(json) ? (IOutput)new JsonOutput() : new PlainOutput(Console.Out);
            return CommandRunner.RunAsync(output, Print, interrupted);

            async Task Print()
            {
                keys.Check(words);
                var key = await keys.ReadAsync(words, time: null, interrupted).ConfigureAwait(false);
                output.Id(key.Id);
                if (!keys.AreGiven(words))
                    Console.Error.WriteLine("moq: the key of this id is not saved; with --secret-key FILE it is saved in a file");
            }
        });
        return command;
    }
}
