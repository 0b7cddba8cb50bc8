using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>Checks that each test that <c>docs/upstream-tests.md</c> names exists.</summary>
public sealed partial class UpstreamTestListTests
{
    [Test]
    public void EveryTestOnTheList_Exists()
    {
        var tests = Path.Combine(SourceTree.Folder, "test");
        var sources = Directory.EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        var named = Name().Matches(File.ReadAllText(Path.Combine(SourceTree.Folder, "docs", "upstream-tests.md")));
        Assert.That(named, Has.Count.GreaterThan(100));
        Assert.That(named.Where(name => !sources.Any(source => Declares(source, name))).Select(static name => name.Value), Is.Empty);
    }

    private static bool Declares(string source, Match name) =>
        source.Contains($"class {name.Groups["class"].Value}\n", StringComparison.Ordinal)
        && (name.Groups["method"] is not { Success: true, Value: var method }
            || source.Contains($" {method}(", StringComparison.Ordinal));

    [GeneratedRegex(@"`(?<class>\w+Tests)(?:\.(?<method>\w+))?`")]
    private static partial Regex Name();
}
