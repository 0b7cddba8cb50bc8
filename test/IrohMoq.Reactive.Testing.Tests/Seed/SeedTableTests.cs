using System.Reflection;
using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>docs/seed.md names tests that exist, and every test of a word of the original is in it.</summary>
public sealed partial class SeedTableTests
{
    [Test]
    public void EveryTestOfTheTable_Exists_AndEveryWordsTestIsInTheTable()
    {
        var types = Assembly.GetExecutingAssembly().GetTypes();
        var tests = types.SelectMany(static type => type.GetMethods())
            .Where(static method => method.GetCustomAttributes<NUnitAttribute>().Any())
            .Select(static method => method.Name)
            .ToHashSet();
        var named = Rows().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "seed.md")))
            .SelectMany(static row => Names().Matches(row.Groups[1].Value))
            .Select(static name => name.Groups[1].Value)
            .ToHashSet();
        Assert.That(named.Where(name => !tests.Contains(name) && types.All(type => type.Name != name)), Is.Empty);
        var own = types.Where(static type => type.Namespace == typeof(SeedTableTests).Namespace && type != typeof(SeedTableTests))
            .SelectMany(static type => type.GetMethods())
            .Where(static method => method.GetCustomAttribute<TestAttribute>() is not null)
            .Select(static method => method.Name);
        Assert.That(own.Where(name => !named.Contains(name)), Is.Empty);
    }

    /// <summary>The last column of a row.</summary>
    [GeneratedRegex(@"^\| `?.*\| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("`([A-Za-z0-9_]+)`")]
    private static partial Regex Names();
}
