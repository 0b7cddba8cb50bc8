using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Tests;

/// <summary>What a peer says reaches people escaped, bounded and on one line.</summary>
public class TerminalTextTests : ToolTestBase
{
    [TestCase("studio/main", "studio/main")]
    [TestCase("Straße 🚀", "Straße 🚀")]
    [TestCase("\u001b[2J\r\nended", "\\u{1b}[2J\\u{d}\\u{a}ended")]
    [TestCase("\u007f\u009b1m", "\\u{7f}\\u{9b}1m")]
    [TestCase("a\u202eb\u2066c\u2028d", "a\\u{202e}b\\u{2066}c\\u{2028}d")]
    public void UnsafeCharacters_AreReplacedByTheirNumbers(string text, string expected) =>
        Assert.That(TerminalText.Escape(text), Is.EqualTo(expected));

    [Test]
    public void HalfOfASurrogatePair_IsReplaced() => Assert.That(TerminalText.Escape("\ud800x"), Is.EqualTo("\\u{d800}x"));

    [Test]
    public void LongText_IsCut()
    {
        Assert.That(TerminalText.Escape(new string('a', 1000)), Is.EqualTo(new string('a', 200) + "…"));
        Assert.That(TerminalText.Escape(new string('\n', 1000)), Has.Length.LessThan(202));
        Assert.That(TerminalText.Bound(new string('a', 201)), Has.Length.EqualTo(201));
    }

    [TestCase]
    [TestCase("-v")]
    [TestCase("--json")]
    [CancelAfter(60_000)]
    public async Task ReasonFullOfControlCharacters_IsShownEscaped_OnOneLine(params string[] options)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using var live = moq.Publish("n", broadcast);
        using var sessions = moq.IncomingSessions().Subscribe(incoming => _ = CloseWhenReadAsync(incoming.Accept()));
        using var reader = Subscribe(endpoint.Ticket.ToString(), options);
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        var shown = (end.Output + end.Errors).Replace("\n", "", StringComparison.Ordinal);
        Assert.That(shown.Where(static c => char.IsControl(c) || c == '\u202e'), Is.Empty, shown);
        Assert.That(end.Errors.Split('\n'), Has.None.EqualTo("ended"));
        Assert.That(end.Output + end.Errors, Does.Contain(options.Contains("--json") ? "\\u001B[2J" : "\\u{1b}[2J"));

        async Task CloseWhenReadAsync(MoqSession session)
        {
            await track.WaitForSubscriberAsync(token);
            session.Close(new MoqErrorCode(42), "\u001b[2J\r\nended\u009b\u202e" + new string('x', 500));
        }
    }
}
