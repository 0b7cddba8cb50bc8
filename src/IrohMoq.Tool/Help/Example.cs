namespace IrohMoq.Tool.Help;

/// <summary>Represents an example of the help.</summary>
/// <param name="Command">The name of the command.</param>
/// <param name="Purpose">What the example does.</param>
/// <param name="Line">The line for the shell. TICKET and FILE are placeholders.</param>
internal sealed record Example(string Command, string Purpose, string Line)
{
    /// <summary>Gets all examples. The first one of each command is shown in the help of the tool.</summary>
    public static IReadOnlyList<Example> All { get; } =
    [
        new("send", "Send files and folders; prints the ticket", "moq send FILE..."),
        new("receive", "Receive them", "moq receive TICKET"),
        new("publish", "Publish a live clock; prints the ticket", "moq publish --name studio/main --track clock --clock"),
        new("publish", "Publish the lines of a program", "journalctl -f | moq publish --name logs --track lines --lines"),
        new("publish", "Publish a file completely", "moq publish --name files/a --track bytes --input FILE"),
        new("subscribe", "Read it", "moq subscribe TICKET --name studio/main --track clock"),
        new("subscribe", "Read lines", "moq subscribe TICKET --name logs --track lines --output - | grep error"),
        new(
            "subscribe",
            "Read what the publisher still keeps, then what follows",
            "moq subscribe TICKET --name logs --track lines --start oldest --output -"),
        new("subscribe", "Read a file", "moq subscribe TICKET --name files/a --track bytes --output FILE"),
        new("fetch", "Read one group", "moq fetch TICKET --name logs --track lines --group latest"),
        new("ls", "List what a peer publishes", "moq ls TICKET"),
        new("ls", "List it with the routes, and hidden names as well", "moq ls TICKET --long --all"),
        new("ls", "Show what begins, ends or changes its route", "moq ls TICKET --prefix studio --follow"),
        new("id", "Create a key file and print its id", "moq id --secret-key me.key"),
        new("doctor", "Check this machine", "moq doctor"),
        new("doctor", "Check a key file as well", "moq doctor --secret-key me.key"),
        new("simulate", "Search for violated invariants", "moq simulate --seed 1 --runs 100"),
        new("simulate", "Search among relays that forward by name", "moq simulate --relays --fronts --runs 20"),
        new("completion", "Complete commands and options with Tab", "source <(moq completion bash)"),
        new("completion", "The same in each new shell", "moq completion bash >~/.local/share/bash-completion/completions/moq"),
    ];
}
