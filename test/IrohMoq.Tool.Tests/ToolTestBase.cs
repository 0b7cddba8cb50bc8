using System.Net;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>Provides a folder for each test, and the steps that tests of the tool share.</summary>
public abstract class ToolTestBase
{
    protected string Folder { get; private set; } = "";

    [SetUp]
    public void CreateFolder() => Folder = Directory.CreateTempSubdirectory("moq-test-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Folder, recursive: true);

    protected string PathOf(string name) => Path.Combine(Folder, name);

    private protected static string TicketOf(JsonElement listening) => listening.GetProperty("ticket").GetString()!;

    private protected static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private protected static ToolProcess Publish(params string[] words) =>
        new(["publish", "--bind", "127.0.0.1:0", "--name", "n", "--track", "t", "--json", .. words]);

    private protected static ToolProcess Subscribe(string ticket, params string[] words) =>
        new(["subscribe", ticket, "--name", "n", "--track", "t", .. words]);

    private protected static async Task<(int Code, string Output, string Errors)> RunAsync(CancellationToken token, params string[] words)
    {
        using var process = new ToolProcess(words);
        return await process.EndAsync(token);
    }

    private protected static async Task<IrohEndpoint> BindAsync(CancellationToken token) => await IrohEndpoint.CreateAsync(
        options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);

    /// <summary>Asserts that a process ended with one line on standard error, and no trace.</summary>
    private protected static void AssertOneLine((int Code, string Output, string Errors) end, int code, string words)
    {
        Assert.That(end.Code, Is.EqualTo(code), end.Output + end.Errors);
        Assert.That(end.Errors, Does.StartWith("moq: ").And.Contain(words).And.Not.Contain("   at ").And.Not.Contain("Unhandled"));
        Assert.That(end.Errors.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), end.Errors);
    }
}
