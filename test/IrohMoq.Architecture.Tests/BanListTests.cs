using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// A misspelled line of the ban list would ban nothing. So each symbol of the list is used once in a project of its own, and the analyzer
/// must report each use.
/// </summary>
public sealed partial class BanListTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task EveryBannedSymbol_IsReportedWhereItIsUsed(CancellationToken cancellationToken)
    {
        var root = Root();
        var fixture = Path.Combine(root, "test", "IrohMoq.Architecture.Tests", "fixtures", "BanList");
        var banned = File.ReadLines(Path.Combine(root, "src", "BannedSymbols.txt"))
            .Where(line => line.Length > 0)
            .Select(line => line.Split(';')[0])
            .ToList();
        var used = Uses(File.ReadAllLines(Path.Combine(fixture, "Banned.cs")));
        Assert.That(
            used.Keys,
            Is.EquivalentTo(banned),
            "fixtures/BanList/Banned.cs uses each symbol of src/BannedSymbols.txt once, below a comment with the symbol.");

        var output = await BuildAsync(fixture, cancellationToken);
        var reported = Reported().Matches(output).Select(match => int.Parse(match.Groups["line"].Value)).ToHashSet();
        Assert.That(
            used.Where(use => !reported.Contains(use.Value)).Select(use => use.Key),
            Is.Empty,
            "The analyzer does not report the uses of these.\n" + output);
    }

    /// <summary>Returns the line of each use by its symbol, which the comment lines directly above the use spell.</summary>
    private static Dictionary<string, int> Uses(string[] lines)
    {
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        var symbol = "";
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith("// ", StringComparison.Ordinal))
            {
                symbol += line[3..];
            }
            else if (symbol.Length > 0)
            {
                uses.Add(symbol, i + 1);
                symbol = "";
            }
        }

        return uses;
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
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = project,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "build", "--nologo", "--no-incremental", "-v", "quiet", "-nodeReuse:false", "-p:Quick=false" })
            start.ArgumentList.Add(argument);
        using var build = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(
                build.StandardOutput.ReadToEndAsync(cancellationToken), build.StandardError.ReadToEndAsync(cancellationToken));
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

    [GeneratedRegex(@"Banned\.cs\((?<line>\d+),\d+\): warning RS0030")]
    private static partial Regex Reported();
}
