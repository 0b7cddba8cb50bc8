using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>
/// What a newcomer tries besides the clock, on a terminal of 80 columns: the help, a wrong name, and the transfer of a file.
/// </summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[NonParallelizable]
public partial class FirstMinutesTests : TerminalTestBase
{
    [TestCase("", 2)]
    [TestCase("--help", 0)]
    public async Task Help_ShowsTheCommandsWithExamples(string command, int code, CancellationToken token)
    {
        using var moq = OnTerminal(command);
        var seen = await SeeAsync(moq, "moq doctor", token);
        Assert.That(seen, Does.Contain("  send ").And.Contain("  receive ").And.Contain("Examples:"));
        Assert.That((await moq.EndAsync(token)).Code, Is.EqualTo(code));
    }

    [Test]
    public async Task WrongName_IsAnsweredWithThoseThatThereAre(CancellationToken token)
    {
        using var publisher = OnTerminal("publish --bind 127.0.0.1:0 --name studio/main --track clock --clock");
        var ticket = await SeeTicketAsync(publisher, token);
        using var reader = OnTerminal($"subscribe {ticket} --name studio/mian --track clock");
        await SeeAsync(
            reader, "still waiting for the broadcast 'studio/mian' to be announced; the peer announces 'studio/main'", token);
        await TypeAsync(reader, Interrupt);
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));

        using var track = OnTerminal($"subscribe {ticket} --name studio/main --track cluck");
        Assert.That(await SeeAsync(track, "moq: ", token), Does.Contain("connected"));
        Assert.That((await track.EndAsync(token)).Code, Is.EqualTo(1));
        await TypeAsync(publisher, Interrupt);
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task Transfer_ShowsItsProgressInOneLine_AndTheEnd(CancellationToken token)
    {
        const long Size = 3_000_000_000;
        using var sender = OnTerminal($"send --bind 127.0.0.1:0 --once {FileTree.WriteSparse(Folder, "large", Size)}");
        await SeeAsync(sender, "1 file, 3.00 GB", token);
        var ticket = await SeeTicketAsync(sender, token);
        using var receiver = OnTerminal($"receive {ticket} --to {PathOf("target")}");
        foreach (var side in (ToolProcess[])[receiver, sender])
        {
            var bar = Bar().Match(await SeeAsync(side, static seen => Bar().IsMatch(seen), token));
            Assert.That(bar.Groups[1].Value, Does.EndWith("left"), "The whole line is shown.");
            Assert.That(bar.Groups[1].Length, Is.LessThan(Columns));
        }

        Assert.That(await SeeAsync(receiver, "1 received", token), Does.Contain("received"));
        await SeeAsync(sender, "all files, 3.00 GB sent", token);
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
        Assert.That((await sender.EndAsync(token)).Code, Is.Zero);
        Assert.That(new FileInfo(PathOf("target/large")).Length, Is.EqualTo(Size));
    }

    // Text that follows the control sequence for an empty line, up to the next line.
    [GeneratedRegex("\r\u001b\\[K([0-9a-f]{10} \\[#*-*\\] [^\r\u001b]*left)(?=\r)")]
    private static partial Regex Bar();
}
