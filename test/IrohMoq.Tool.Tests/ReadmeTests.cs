using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>The programs that the README shows are those of the examples, whole, and they run and end as it says.</summary>
[NonParallelizable]
public partial class ReadmeTests
{
    private static readonly string Root = FindRoot();

    [TestCase("Publish", 0)]
    [TestCase("Subscribe", 1)]
    public void TheReadmesProgram_IsTheWholeExample(string example, int block)
    {
        var shown = CodeBlocks().Matches(File.ReadAllText(Path.Combine(Root, "README.md")))[block].Groups[1].Value;
        Assert.That(File.ReadAllText(Path.Combine(Root, "examples", example, "Program.cs")), Is.EqualTo(shown));
    }

    /// <summary>The README says that a program needs this one project.</summary>
    [TestCase("Publish")]
    [TestCase("Subscribe")]
    public void TheExample_ReferencesTheProjectThatTheReadmeNames(string example)
    {
        const string Reference = "src/IrohMoq.Reactive.Iroh/IrohMoq.Reactive.Iroh.csproj";
        var project = File.ReadAllText(Path.Combine(Root, "examples", example, $"{example}.csproj"));
        var references = References().Matches(project).Select(static reference => reference.Groups[1].Value).ToArray();
        Assert.That(references, Is.EqualTo(new[] { "../../" + Reference }));
        Assert.That(File.ReadAllText(Path.Combine(Root, "README.md")), Does.Contain(Reference));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheSubscriber_ReadsThePublishersClock_AndBothEndOnInterrupt(CancellationToken token)
    {
        // The key file of the publisher goes to a folder of its own.
        var folder = Directory.CreateTempSubdirectory("moq-readme-").FullName;
        try
        {
            using var publisher = Start("Publish", folder);
            var ticket = await publisher.ReadLineAsync(token);
            using var subscriber = Start("Subscribe", folder, ticket!);
            var line = await subscriber.ReadLineAsync(token);
            Assert.That(DateTimeOffset.TryParse(line, out _), Is.True, line);
            Assert.That(await subscriber.InterruptAsync(token), Is.EqualTo((130, "")));
            Assert.That(await publisher.InterruptAsync(token), Is.EqualTo((0, "")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase]
    [TestCase("not a ticket")]
    [CancelAfter(60_000)]
    public async Task TheSubscriber_WithoutATicket_SaysWhatToDo(params string[] arguments)
    {
        using var subscriber = Start("Subscribe", Root, arguments);
        var (code, errors) = await subscriber.EndAsync(TestContext.CurrentContext.CancellationToken);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("TICKET").And.Contain("dotnet run"));
    }

    private static ExampleProcess Start(string example, string folder, params string[] arguments)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return new ExampleProcess(
            Path.Combine(Root, "examples", example, "bin", output.Parent!.Name, output.Name, $"{example}.dll"), folder, arguments);
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

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"|<PackageReference")]
    private static partial Regex References();

    /// <summary>Runs an example as a process of its own, as a user does.</summary>
    private sealed class ExampleProcess : IDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _errors;

        public ExampleProcess(string program, string folder, string[] arguments)
        {
            _process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            })!;
            _errors = _process.StandardError.ReadToEndAsync();
        }

        public async Task<string?> ReadLineAsync(CancellationToken token) => await _process.StandardOutput.ReadLineAsync(token);

        /// <summary>Sends the signal of Ctrl-C, and returns how the process ends.</summary>
        public async Task<(int Code, string Errors)> InterruptAsync(CancellationToken token)
        {
            using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
            await kill.WaitForExitAsync(token);
            return await EndAsync(token);
        }

        public async Task<(int Code, string Errors)> EndAsync(CancellationToken token)
        {
            await _process.StandardOutput.ReadToEndAsync(token);
            await _process.WaitForExitAsync(token);
            return (_process.ExitCode, await _errors);
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }
    }
}
