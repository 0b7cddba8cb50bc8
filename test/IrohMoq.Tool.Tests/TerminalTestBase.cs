using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>Runs the tool on a terminal of 80 columns, and reads what is shown.</summary>
public abstract partial class TerminalTestBase : ToolTestBase
{
    /// <summary>The character of Ctrl-C.</summary>
    protected const string Interrupt = "\u0003";

    /// <summary>The maximum length of a line that is shown whole; the last column would move the cursor to the next row.</summary>
    protected const int Columns = 80;

    private readonly Dictionary<ToolProcess, string> _seen = [];

    [SetUp]
    public void IgnoreWithoutATerminal()
    {
        if (!File.Exists("/usr/bin/script"))
            Assert.Ignore("the program 'script' of bsdutils is missing");
    }

    private protected static ToolProcess OnTerminal(string command, string setting = "A=1") =>
        ToolProcess.Bash($"export TERM=xterm {setting}; exec script -qec \"stty cols {Columns}; exec $MOQ {command}\" /dev/null");

    private protected static async Task TypeAsync(ToolProcess terminal, string text)
    {
        await terminal.Input.WriteAsync(text);
        await terminal.Input.FlushAsync();
    }

    private protected Task<string> SeeAsync(ToolProcess terminal, string text, CancellationToken token) =>
        SeeAsync(terminal, seen => seen.Contains(text, StringComparison.Ordinal), token);

    /// <summary>Reads on until what a terminal has shown since its start fulfills a condition.</summary>
    private protected async Task<string> SeeAsync(ToolProcess terminal, Func<string, bool> isSeen, CancellationToken token)
    {
        var seen = _seen.GetValueOrDefault(terminal, "");
        var buffer = new char[4096];
        while (!isSeen(seen))
        {
            var count = await terminal.Output.ReadAsync(buffer, token);
            Assert.That(count, Is.GreaterThan(0), seen);
            _seen[terminal] = seen += new string(buffer, 0, count);
        }

        return seen;
    }

    /// <summary>Reads on until a terminal has shown a ticket, and returns it.</summary>
    private protected async Task<string> SeeTicketAsync(ToolProcess terminal, CancellationToken token) =>
        Ticket().Match(await SeeAsync(terminal, static seen => Ticket().IsMatch(seen), token)).Value;

    [GeneratedRegex("endpoint[a-z2-7]{40,}(?=\\s)")]
    private static partial Regex Ticket();
}
