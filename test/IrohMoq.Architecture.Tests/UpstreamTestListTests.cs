using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>Checks what <c>docs/upstream-tests.md</c> names: each name is that of a test, and no row is open.</summary>
public sealed partial class UpstreamTestListTests
{
    private static readonly string Page = NamedTests.Page("upstream-tests.md");

    [Test]
    public void EveryNameOnTheList_IsThatOfATest()
    {
        var named = NamedTests.Of(Page);
        Assert.That(named, Has.Count.GreaterThan(100));
        Assert.That(named.Where(static name => !NamedTests.IsTest(name)), Is.Empty);
    }

    [Test]
    public void EveryRow_NamesATestOrAReason_AndNoneIsOpen()
    {
        var rows = NamedTests.Rows(Page);
        Assert.That(rows, Has.Count.GreaterThan(100));
        Assert.That(rows.Where(static row => Open().IsMatch(NamedTests.WithoutCode(row[^1]))).Select(static row => row[0]), Is.Empty);
        Assert.That(
            rows.Where(static row => NamedTests.Of(row[^1]).Count == 0 && !row[^1].Contains("does not apply", StringComparison.Ordinal))
                .Select(static row => row[0]),
            Is.Empty);
    }

    [Test]
    public void NameThatIsNoTest_IsFound()
    {
        Assert.That(NamedTests.IsTest("UpstreamTestListTests"), Is.True);
        Assert.That(NamedTests.IsTest($"UpstreamTestListTests.{nameof(NameThatIsNoTest_IsFound)}"), Is.True);
        Assert.That(NamedTests.IsTest("UpstreamTestListTests.Open"), Is.False);
        Assert.That(NamedTests.IsTest("NoSuchTests"), Is.False);
    }

    [GeneratedRegex(@"\bopen\b")]
    private static partial Regex Open();
}
