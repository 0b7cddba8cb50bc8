using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>What the README shows is what the examples are, and they run.</summary>
public partial class ReadmeTests
{
    private static readonly string Root = FindRoot();

    [TestCase("Publish", 0)]
    [TestCase("Subscribe", 1)]
    public void ReadmeProgram_IsTheExample(string example, int block)
    {
        var shown = CodeBlocks().Matches(File.ReadAllText(Path.Combine(Root, "README.md")))[block].Groups[1].Value;
        Assert.That(File.ReadAllText(Path.Combine(Root, "examples", example, "Program.cs")), Does.EndWith(shown));
        Assert.That(shown.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(15));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Subscriber_ReadsThePublishersClock(CancellationToken token)
    {
        // Its key file goes to a folder of its own.
        var folder = Directory.CreateTempSubdirectory("moq-readme-").FullName;
        using var publisher = Start("Publish", folder);
        try
        {
            var ticket = await publisher.StandardOutput.ReadLineAsync(token);
            using var subscriber = Start("Subscribe", folder, ticket!);
            try
            {
                var line = await subscriber.StandardOutput.ReadLineAsync(token);
                Assert.That(DateTimeOffset.TryParse(line, out _), Is.True, line);
            }
            finally
            {
                subscriber.Kill();
            }
        }
        finally
        {
            publisher.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process Start(string example, string folder, params string[] arguments)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Root, "examples", example, "bin", output.Parent!.Name, output.Name, $"{example}.dll");
        return Process
            .Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, WorkingDirectory = folder })!;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IrohMoq.Reactive.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside the repository.");
        return folder;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();
}
