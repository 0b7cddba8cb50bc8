using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// The ban list is only as good as what the compiler reports: a misspelt line would forbid nothing. So each of its lines is used once in a
/// project of its own, and each use has to be reported.
/// </summary>
public sealed partial class BanListTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task EveryBannedSymbol_IsReportedWhereItIsUsed(CancellationToken cancellationToken)
    {
        var root = Root();
        var fixture = Path.Combine(root, "test", "IrohMoq.Architecture.Tests", "fixtures", "BanList");
        var banned = File.ReadLines(Path.Combine(root, "src", "BannedSymbols.txt")).Where(line => line.Length > 0).Select(line => line.Split(';')[0]).ToList();
        var used = File.ReadLines(Path.Combine(fixture, "Banned.cs"))
            .Select((line, index) => (Mark: Marked().Match(line).Groups["symbol"].Value, Line: index + 1))
            .Where(use => use.Mark.Length > 0)
            .ToDictionary(use => use.Mark, use => use.Line);
        Assert.That(used.Keys, Is.EquivalentTo(banned), "Each line of src/BannedSymbols.txt is used once in fixtures/BanList/Banned.cs, and marked with its symbol.");

        var output = await BuildAsync(fixture, cancellationToken);
        var reported = Reported().Matches(output).Select(match => int.Parse(match.Groups["line"].Value)).ToHashSet();
        Assert.That(used.Where(use => !reported.Contains(use.Value)).Select(use => use.Key), Is.Empty, "The analyzer reports no use of these.\n" + output);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IrohMoq.Reactive.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run from inside the repository.");
        return folder.FullName;
    }

    private static async Task<string> BuildAsync(string project, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = project, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "build", "--nologo", "--no-incremental", "-v", "quiet", "-nodeReuse:false", "-p:Quick=false" })
            start.ArgumentList.Add(argument);
        using var build = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(build.StandardOutput.ReadToEndAsync(cancellationToken), build.StandardError.ReadToEndAsync(cancellationToken));
            await build.WaitForExitAsync(cancellationToken);
            var output = string.Concat(said);
            Assert.That(build.ExitCode, Is.Zero, output);
            return output;
        }
        finally
        {
            if (!build.HasExited)
                build.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex("// (?<symbol>[FTMP]:.+)$")]
    private static partial Regex Marked();

    [GeneratedRegex(@"Banned\.cs\((?<line>\d+),\d+\): warning RS0030")]
    private static partial Regex Reported();
}
