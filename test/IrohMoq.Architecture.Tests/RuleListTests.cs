using System.Globalization;
using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// Checks <c>docs/moq-lite-06.md</c>: all rules of the draft are there, each name is that of a test, and a rule is open only if the last
/// section explains it.
/// </summary>
public sealed partial class RuleListTests
{
    private static readonly string Page = NamedTests.Page("moq-lite-06.md");

    private static IReadOnlyList<string[]> Rows => NamedTests.Rows(Page);

    [Test]
    public void EveryRule_HasARow() =>
        Assert.That(Rows.Select(static row => int.Parse(row[0], CultureInfo.InvariantCulture)), Is.EqualTo(Enumerable.Range(1, 79)));

    [Test]
    public void EveryNameOnTheList_IsThatOfATest() =>
        Assert.That(NamedTests.Of(Page).Where(static name => !NamedTests.IsTest(name)), Is.Empty);

    [Test]
    public void EveryRow_NamesATestOrAReason_OrIsOpen() =>
        Assert.That(
            Rows.Where(static row =>
                    NamedTests.Of(row[^1]).Count == 0 && !row[^1].Contains("does not apply", StringComparison.Ordinal) && !IsOpen(row))
                .Select(static row => row[0]),
            Is.Empty);

    [Test]
    public void WhatIsOpen_IsExplainedInOnePlace()
    {
        var explained = Explained().Matches(Page[Page.IndexOf("\n## Open\n", StringComparison.Ordinal)..]);
        Assert.That(
            explained.Select(static rule => rule.Groups["number"].Value), Is.EqualTo(Rows.Where(IsOpen).Select(static row => row[0])));
    }

    private static bool IsOpen(string[] row) => row[^1].Contains("*open*", StringComparison.Ordinal);

    [GeneratedRegex("^- Rule (?<number>[0-9]+):", RegexOptions.Multiline)]
    private static partial Regex Explained();
}
