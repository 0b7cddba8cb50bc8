using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>Provides the tests that a page names, as <c>Class</c> or <c>Class.Method</c> in code spans.</summary>
internal static partial class NamedTests
{
    private static readonly Lazy<IReadOnlyList<string>> Sources = new(static () =>
        [
            .. Directory.EnumerateFiles(Path.Combine(SourceTree.Folder, "test"), "*Tests.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText),
        ]);

    /// <summary>Returns the text of a page of the documentation.</summary>
    public static string Page(string name) => File.ReadAllText(Path.Combine(SourceTree.Folder, "docs", name));

    /// <summary>Returns the cells of the rows of all tables of a page, without the headings.</summary>
    public static IReadOnlyList<string[]> Rows(string page) =>
    [
        .. page.Split('\n')
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(static line => line.Trim('|', ' ').Split(" | "))
            .Where(static cells => cells[0] is not ("rule" or "reference")),
    ];

    /// <summary>Returns the names of tests in a text.</summary>
    public static IReadOnlyList<string> Of(string text) => [.. Name().Matches(text).Select(static name => name.Groups["name"].Value)];

    /// <summary>Returns a text without its code spans.</summary>
    public static string WithoutCode(string text) => Code().Replace(text, "");

    /// <summary>Determines whether a name is that of a test, or of a class with tests.</summary>
    public static bool IsTest(string name)
    {
        var parts = name.Split('.');
        return Sources.Value.Any(source => Declaration(parts[0]).IsMatch(source)
            && (parts.Length == 1 ? source.Contains("[Test", StringComparison.Ordinal) : IsTest(source, parts[1])));
    }

    /// <summary>Determines whether a method has an attribute that makes it a test. Its attributes follow an empty line.</summary>
    private static bool IsTest(string source, string method)
    {
        var at = source.IndexOf($"public void {method}(", StringComparison.Ordinal);
        if (at < 0)
            return false;
        var before = source.LastIndexOf("\n\n", at, StringComparison.Ordinal);
        return source[Math.Max(before, 0)..at].Contains("[Test", StringComparison.Ordinal);
    }

    private static Regex Declaration(string name) => new($@"\bclass {name}\b");

    [GeneratedRegex(@"`(?<name>\w+Tests(?:\.\w+)?)`")]
    private static partial Regex Name();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();
}
