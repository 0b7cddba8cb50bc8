using System.Diagnostics;
using System.Globalization;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>
/// Runs the current test again in another process with other string hashes, another number of processors, no tiered compilation and
/// another time zone. Two runs in one process would agree even if state were kept in hash order.
/// </summary>
internal static class AnotherProcess
{
    private const string OutputVariable = "IROHMOQ_TEST_STORY";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Gets a value that indicates whether this process was started for one test.</summary>
    public static bool IsThis => Output is not null;

    private static string? Output => Environment.GetEnvironmentVariable(OutputVariable) is { Length: > 0 } output ? output : null;

    /// <summary>Returns the text that the same call of the same test has in another process; in that process, the given text.</summary>
    /// <param name="story">What this process says.</param>
    public static string Says(string story)
    {
        if (Output is { } output)
        {
            File.WriteAllText(output, $"{Surroundings()}\n{story}");
            return story;
        }

        var file = Path.GetTempFileName();
        try
        {
            Run(TestContext.CurrentContext.Test, file);
            var (surroundings, theirs) = File.ReadAllText(file).Split('\n', 2) is [var first, var rest]
                ? (first, rest)
                : throw new AssertionException("The other process wrote nothing.");
            Assert.That(
                surroundings.Split(' '),
                Has.None.AnyOf(Surroundings().Split(' ')),
                "It really was another environment: processors, string hash, process.");
            return theirs;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static int StringHash => "alice".GetHashCode(StringComparison.Ordinal);

    private static string Surroundings() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"processors:{Environment.ProcessorCount} hash:{StringHash} process:{Environment.ProcessId}");

    private static void Run(TestContext.TestAdapter test, string output)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(AnotherProcess).Assembly.Location);
        start.ArgumentList.Add("--filter");
        start.ArgumentList.Add($"FullyQualifiedName={test.ClassName}.{test.MethodName}");
        start.Environment[OutputVariable] = output;
        start.Environment["DOTNET_PROCESSOR_COUNT"] = Environment.ProcessorCount == 1 ? "2" : "1";
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["TZ"] = "Asia/Kathmandu";
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"The other process was not done after {Limit}.");
        }

        Assert.That(process.ExitCode, Is.Zero, () => string.Concat(said.Result));
    }
}
