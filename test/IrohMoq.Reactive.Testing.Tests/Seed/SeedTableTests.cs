using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>
/// Each row of <c>docs/seed.md</c> names tests, or classes of tests, that exist and run. Each test of this folder is on the page.
/// </summary>
public sealed partial class SeedTableTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "seed.md"));

    [Test]
    public void EveryRow_NamesTestsThatRun()
    {
        Assert.That(Rows().Count(Page), Is.GreaterThan(50));
        Assert.That(Problems(Page), Is.Empty);
    }

    [Test]
    public void EveryTestOfATerm_IsInARow()
    {
        var named = Rows().Matches(Page).SelectMany(static row => NamesIn(row)).ToHashSet();
        var own = TestMethods.Types
            .Where(static type => type.Namespace == typeof(SeedTableTests).Namespace && type != typeof(SeedTableTests))
            .SelectMany(TestMethods.Of)
            .Select(static method => method.Name)
            .ToList();
        Assert.That(own, Is.Not.Empty);
        Assert.That(own.Where(name => !named.Contains(name)), Is.Empty);
    }

    [TestCase("| `new` | `Moq` | `Moq_New` |")]
    [TestCase("| `new` | `Moq` | `MoqSessionTests`, `Moq_New` |")]
    [TestCase("| `new` | `Moq` | `Moq_Missing` |", "Moq_Missing is no test that runs.", TestName = "Unknown test")]
    [TestCase("| `new` | `Moq` | `MissingTests` |", "MissingTests is no test that runs.", TestName = "Unknown class")]
    [TestCase("| `new` | `Moq` | `Problems` |", "Problems is no test that runs.", TestName = "Method that is no test")]
    [TestCase("| `new` | `Moq` | `TestMethods` |", "TestMethods is no test that runs.", TestName = "Class without tests")]
    [TestCase("| `new` | `Moq` | none |", "No test is named in: | `new` | `Moq` | none |", TestName = "Row without a test")]
    public void Row_IsChecked(string row, params string[] problems) => Assert.That(Problems(row), Is.EqualTo(problems));

    /// <summary>Returns a sentence for each row of a page that names no test, and for each name that is no test that runs.</summary>
    private static IEnumerable<string> Problems(string page)
    {
        var types = TestMethods.Types.Where(static type => TestMethods.Of(type).Any()).ToList();
        var tests = types.SelectMany(TestMethods.Of).Select(static method => method.Name)
            .Concat(types.Select(static type => type.Name))
            .ToHashSet();
        foreach (var row in Rows().Matches(page).AsEnumerable())
        {
            var names = NamesIn(row).ToList();
            if (names.Count == 0)
                yield return $"No test is named in: {row.Value}";
            foreach (var name in names.Where(name => !tests.Contains(name)))
                yield return $"{name} is no test that runs.";
        }
    }

    private static IEnumerable<string> NamesIn(Match row) =>
        Names().Matches(row.Groups["tests"].Value).Select(static name => name.Groups[1].Value);

    // The heads of the tables and the lines below them are no rows.
    [GeneratedRegex(@"^\|(?! original \||---).*\| (?<tests>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("`([A-Za-z0-9_]+)`")]
    private static partial Regex Names();
}
