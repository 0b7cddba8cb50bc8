using System.Text.Json;

namespace IrohMoq.Tool.Tests;

/// <summary>Provides a source folder and a target folder for each test, and starts senders and receivers.</summary>
public abstract class FileTransferTestBase
{
    protected const string PartSuffix = ".moq-part";

    protected string Folder { get; private set; } = "";

    protected string Source => Path.Combine(Folder, "source");

    protected string Target => Path.Combine(Folder, "target");

    [SetUp]
    public void CreateFolder()
    {
        Folder = Directory.CreateTempSubdirectory("moq-files-").FullName;
        Directory.CreateDirectory(Source);
        Directory.CreateDirectory(Target);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Folder, recursive: true);

    private protected static ToolProcess Send(params string[] words) => new(["send", .. words, "--bind", "127.0.0.1:0", "--json"]);

    private protected static async Task<string> TicketAsync(ToolProcess sender, CancellationToken token) =>
        Text(await sender.ExpectAsync("listening", token), "ticket");

    protected static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    protected static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    /// <summary>Receives everything, and returns the last event.</summary>
    protected async Task<JsonElement> ReceiveAsync(string ticket, CancellationToken token)
    {
        using var receiver = new ToolProcess("receive", ticket, "--to", Target, "--json");
        var received = await receiver.ExpectAsync("received", token);
        var end = await receiver.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        return received;
    }
}
