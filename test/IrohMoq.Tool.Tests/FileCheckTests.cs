using System.Runtime.Versioning;
using System.Text.Json;

namespace IrohMoq.Tool.Tests;

/// <summary>What <c>moq send</c> and <c>moq receive</c> report while they read files and transfer nothing.</summary>
[CancelAfter(120_000)]
[UnsupportedOSPlatform("windows")]
public class FileCheckTests : FileTransferTestBase
{
    private const long Size = 3_000_000_000;

    /// <summary>Both sides hash the file, one after the other, and report their progress.</summary>
    [Test]
    public async Task ExistingFile_IsCheckedWithProgressOnBothSides(CancellationToken token)
    {
        FileTree.WriteSparse(Target, "large", Size);
        using var sender = Send(FileTree.WriteSparse(Source, "large", Size));
        var ticket = await TicketAsync(sender, token);
        using var receiver = new ToolProcess("receive", ticket, "--to", Target, "--json");
        var checking = await receiver.ExpectAsync("checking", token);
        Assert.That(Number(checking, "bytes"), Is.GreaterThan(0).And.LessThanOrEqualTo(Size));
        Assert.That((Number(checking, "files"), Number(checking, "total")), Is.EqualTo((0L, Size)));
        foreach (var side in (ToolProcess[])[receiver, sender])
        {
            var progress = await side.ExpectAsync("progress", token);
            Assert.That((IsChecking(progress), Number(progress, "bytes")), Is.EqualTo((true, 0L)));
        }

        Assert.That(Number(await receiver.ExpectAsync("received", token), "already_here"), Is.EqualTo(1));
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task TextOfTheReport_SaysWhatIsChecked(CancellationToken token)
    {
        FileTree.WriteSparse(Target, "large", Size);
        using var sender = Send(FileTree.WriteSparse(Source, "large", Size));
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target);
        var end = await receiver.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Does.Match("(?m)^checking   0 files, .* of 3[.]00 GB$").And.Match("(?m) 0 %  .*  checking what is there$"));
    }

    private static bool IsChecking(JsonElement progress) => progress.TryGetProperty("checking", out var value) && value.GetBoolean();
}
