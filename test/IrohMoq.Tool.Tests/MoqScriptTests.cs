namespace IrohMoq.Tool.Tests;

/// <summary>The script moq in the root of the repository: what it builds and runs, and how it fails.</summary>
public class MoqScriptTests
{
    // Makes every build fail at once.
    private const string BrokenSdk = "MSBuildSDKsPath=/nowhere";

    private string _artifacts = "";

    private string Builds => Path.Combine(_artifacts, "moq");

    [SetUp]
    public void CreateFolder() => _artifacts = Directory.CreateTempSubdirectory("moq-script-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_artifacts, recursive: true);

    /// <summary>
    /// Two first starts make one framework build. A native build that fails is reported once. A native build is made in the background,
    /// without a warning, and the next start runs it, without the .NET SDK; a simulation has the same trace.
    /// </summary>
    [Test]
    [CancelAfter(600_000)]
    public async Task FirstStarts_MakeOneBuild_ThenTheNativeOne(CancellationToken token)
    {
        var starts = await Task.WhenAll(RunAsync("MOQ_NATIVE=0 ./moq id", token), RunAsync("MOQ_NATIVE=0 ./moq id", token));
        foreach (var start in starts)
        {
            Assert.That(start.Code, Is.Zero, start.Errors);
            Assert.That(start.Output.Trim(), Has.Length.EqualTo(64));
        }

        var errors = starts[0].Errors + starts[1].Errors;
        Assert.That(errors.Split("moq: making the framework build"), Has.Length.EqualTo(2), errors);
        Assert.That(Folders("framework-*"), Has.Length.EqualTo(1));

        Assert.That((await RunAsync($"{BrokenSdk} ./moq --build native", token)).Code, Is.EqualTo(1));
        var after = await RunAsync("./moq id", token);
        Assert.That(after.Code, Is.Zero);
        if (!after.Errors.Contains("moq: the native build failed, see ", StringComparison.Ordinal))
            Assert.Ignore("There is no C compiler here, which the native build needs.");
        Assert.That((await RunAsync("./moq id", token)).Errors, Does.Not.Contain("build"));

        File.Delete(Path.Combine(Builds, ".failed-native"));
        Assert.That((await RunAsync("./moq id", token)).Errors, Does.Contain("moq: making a native build in the background"));
        // Waits for the build in the background, or makes the build if that one has not started yet.
        var build = await RunAsync("./moq --build native", token);
        Assert.That(build.Code, Is.Zero, build.Errors);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Builds, "native.log"), token), Is.Empty);
        Assert.That(build.Output.Trim(), Is.EqualTo(Path.Combine(Folders("native-*").Single(), "moq")));

        const string Simulate = "simulate --seed 3 --steps 300 --json";
        var native = await RunAsync($"PATH=$1 ./moq {Simulate}", token, PathWithoutDotnet());
        using var framework = new ToolProcess(Simulate.Split(' '));
        Assert.That(native, Is.EqualTo((0, (await framework.EndAsync(token)).Output, "")));
        var status = await RunAsync("git status --porcelain -- 'src/*/packages.lock.json'", token);
        Assert.That(status.Output, Is.Empty, "The builds have changed lock files.");
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task FailedBuild_LeavesNothing(CancellationToken token)
    {
        var run = await RunAsync($"{BrokenSdk} ./moq id", token);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("error").And.Contain("moq: the framework build failed; the log is "));
        Assert.That(Folders("framework-*"), Is.Empty);
        Assert.That(Folders(".stage-*"), Is.Empty);
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    [CancelAfter(60_000)]
    public async Task InterruptedBuild_LeavesNothing(string signal, CancellationToken token)
    {
        // The pipe delivers the line that says that the build has begun. With -m, the job gets a process group, as from a terminal.
        var run = await RunAsync(
            $$"""
            set -m
            mkfifo "$1/errors"
            MOQ_NATIVE=0 ./moq id 2>"$1/errors" & job=$!
            exec 3<"$1/errors"
            until read -r line <&3 && [[ $line == *making* ]]; do :; done
            kill -{{signal}} -- -$job
            cat <&3 >/dev/null
            wait $job
            """,
            token, _artifacts);
        Assert.That(run.Code, Is.EqualTo(signal == "INT" ? 130 : 143), run.Errors);
        Assert.That(Folders("framework-*"), Is.Empty);
        Assert.That(Folders(".stage-*"), Is.Empty);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task FolderThatCannotBeWritten_IsOneLine(CancellationToken token)
    {
        var run = await RunAsync("MOQ_ARTIFACTS=/proc/nowhere ./moq id", token);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Errors, Is.EqualTo(
            "moq: the tool is not built yet, and /proc/nowhere/moq cannot be written; set MOQ_ARTIFACTS to a folder for the build\n"));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task MissingSdk_IsOneLine(CancellationToken token)
    {
        var run = await RunAsync("PATH=$1 ./moq id", token, PathWithoutDotnet());
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Errors, Is.EqualTo("moq: the .NET SDK 10 is not installed; https://dot.net says how to install it\n"));
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(string command, CancellationToken token, params string[] arguments) =>
        Shell.RunAsync(command, new Dictionary<string, string?> { ["MOQ_ARTIFACTS"] = _artifacts }, token, arguments);

    private string[] Folders(string name) => Directory.Exists(Builds) ? Directory.GetDirectories(Builds, name) : [];

    // The folders of PATH that have the usual programs, if dotnet is not in one of them.
    private string PathWithoutDotnet()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_artifacts, "bin")).FullName;
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        foreach (var program in folders.Where(Directory.Exists).Reverse().SelectMany(Directory.EnumerateFiles))
        {
            var link = Path.Combine(folder, Path.GetFileName(program));
            File.Delete(link);
            if (Path.GetFileName(program) != "dotnet")
                File.CreateSymbolicLink(link, program);
        }

        return folder;
    }
}
