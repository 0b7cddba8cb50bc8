using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>A newcomer's first minutes, as they are seen on a terminal.</summary>
[CancelAfter(60_000)]
public partial class TerminalTests : TerminalTestBase
{
    [Test]
    public async Task FirstMinutes_ShowTheTicket_TheClock_AndTheTotals(CancellationToken token)
    {
        // On a terminal, the publisher prints its ticket and says that it waits.
        using var publisher = OnTerminal("publish --bind 127.0.0.1:0 --name studio/main --track clock --clock");
        var ticket = await SeeTicketAsync(publisher, token);
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
        var ticket = await SeeTicketAsync(publisher, token);
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
        var ticket = await SeeTicketAsync(publisher, token);
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

    [GeneratedRegex(@"\d\d:\d\d:\d\d\.\d{3}   latency p50 [^\r]*   studio/main clock")]
    private static partial Regex Clock();

    [GeneratedRegex(@"latency p50 \d+\.\d ms p99 \d+\.\d ms")]
    private static partial Regex Latency();
}
