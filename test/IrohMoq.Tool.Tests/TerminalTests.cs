using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>A newcomer's first minutes, as they are seen on a terminal.</summary>
[CancelAfter(60_000)]
public partial class TerminalTests : ToolTestBase
{
    private const string Interrupt = "\u0003";

    private readonly Dictionary<ToolProcess, string> _seen = [];

    [Test]
    public async Task FirstMinutes_ShowTheTicket_TheClock_AndTheTotals(CancellationToken token)
    {
        if (!File.Exists("/usr/bin/script"))
            Assert.Ignore("the program 'script' of bsdutils is missing");

        // On a terminal, the publisher prints its ticket and says that it waits.
        using var publisher = OnTerminal("publish --bind 127.0.0.1:0 --name studio/main --track clock --clock");
        var ticket = Ticket().Match(await SeeAsync(publisher, static seen => Ticket().IsMatch(seen), token)).Value;
        await SeeAsync(publisher, "for a reader", token);

        // The reader is shown the clock itself, and how old it is.
        using var reader = OnTerminal($"subscribe {ticket} --name studio/main --track clock");
        var seen = await SeeAsync(reader, static seen => Clock().IsMatch(seen) && Latency().IsMatch(seen), token);
        Assert.That(seen, Does.Contain("subscribed").And.Contain("studio/main clock from group"));
        Assert.That(seen, Does.Contain("\u001b[K").And.Contain("\u001b[36m"));

        // Ctrl-C ends it with the totals, and the publisher sees that.
        await TypeAsync(reader, Interrupt);
        await SeeAsync(reader, "ended", token);
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));
        await SeeAsync(publisher, "closed", token);
        await TypeAsync(publisher, Interrupt);
        await SeeAsync(publisher, "ended", token);
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [TestCase("TERM=dumb", false)]
    [TestCase("NO_COLOR=1", true)]
    public async Task TerminalWithoutColors_GetsNone(string setting, bool hasStatus, CancellationToken token)
    {
        using var publisher = OnTerminal("publish --bind 127.0.0.1:0 --name n --track t --clock", setting);
        var ticket = Ticket().Match(await SeeAsync(publisher, static seen => Ticket().IsMatch(seen), token)).Value;
        using var reader = OnTerminal($"subscribe {ticket} --name n --track t", setting);
        var seen = await SeeAsync(reader, static seen => Latency().IsMatch(seen), token);
        Assert.That(seen, Does.Not.Contain("\u001b[3"));
        Assert.That(seen.Contains('\u001b', StringComparison.Ordinal), Is.EqualTo(hasStatus));
        await TypeAsync(reader, Interrupt);
        await TypeAsync(publisher, Interrupt);
    }

    [Test]
    public async Task LinesThatAreTyped_ArriveAtOnce(CancellationToken token)
    {
        using var publisher = OnTerminal("publish --bind 127.0.0.1:0 --name n --track t --lines");
        var ticket = Ticket().Match(await SeeAsync(publisher, static seen => Ticket().IsMatch(seen), token)).Value;
        using var reader = Subscribe(ticket, "--output", "-");
        await SeeAsync(publisher, "subscribed", token);
        await TypeAsync(publisher, "hello\n");
        Assert.That(await reader.Output.ReadLineAsync(token), Is.EqualTo("hello"));
        // Ctrl-D ends the input.
        await TypeAsync(publisher, "\u0004");
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        await SeeAsync(publisher, "ended", token);
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    private static ToolProcess OnTerminal(string command, string setting = "A=1") =>
        ToolProcess.Bash($"export TERM=xterm {setting}; exec script -qec \"stty cols 80; exec $MOQ {command}\" /dev/null");

    private static async Task TypeAsync(ToolProcess terminal, string text)
    {
        await terminal.Input.WriteAsync(text);
        await terminal.Input.FlushAsync();
    }

    private Task<string> SeeAsync(ToolProcess terminal, string text, CancellationToken token) =>
        SeeAsync(terminal, seen => seen.Contains(text, StringComparison.Ordinal), token);

    /// <summary>Reads on until what a terminal has shown since its start fulfills a condition.</summary>
    private async Task<string> SeeAsync(ToolProcess terminal, Func<string, bool> isSeen, CancellationToken token)
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

    [GeneratedRegex("endpoint[a-z2-7]{40,}(?=\\s)")]
    private static partial Regex Ticket();

    [GeneratedRegex(@"\d\d:\d\d:\d\d\.\d{3}   latency p50 [^\r]*   studio/main clock")]
    private static partial Regex Clock();

    [GeneratedRegex(@"latency p50 \d+\.\d ms p99 \d+\.\d ms")]
    private static partial Regex Latency();
}
