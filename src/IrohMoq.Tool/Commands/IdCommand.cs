using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Represents the command <c>moq id</c>, which prints the endpoint id of a key file and creates the file if it is missing.
/// </summary>
internal static class IdCommand
{
    public static Command Create()
    {
        var file = new Option<string?>("--secret-key")
        {
            Description = "The key file; created if it is missing. Without it the id is that of a fresh key, which is not saved.",
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON object." };
        var command = new Command("id", "Prints the endpoint id of a key.") { file, json };
        command.SetAction((words, interrupted) =>
        {
            var output = words.GetValue(json) ? (IOutput)new JsonOutput() : new PlainOutput(Console.Out);
            return CommandRunner.RunAsync(output, Print, interrupted);

            async Task Print()
            {
                var path = words.GetValue(file);
                if (path is { Length: 0 })
                    throw new UsageException("--secret-key takes the path of a file; it is empty");
                var key = path is null
                    ? SecretKey.Generate()
                    : await BackgroundCall.RunAsync(() => SecretKey.LoadOrCreate(path), interrupted).ConfigureAwait(false);
                output.Id(key.Id);
            }
        });
        return command;
    }
}
