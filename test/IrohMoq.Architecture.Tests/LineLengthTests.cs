namespace IrohMoq.Architecture.Tests;

/// <summary>
/// Lines of the libraries and the tool fit into <c>max_line_length</c> of the <c>.editorconfig</c>, which no analyzer checks.
/// </summary>
public sealed class LineLengthTests
{
    private const int MaxLength = 140;

    [Test]
    public void EditorConfig_HasTheSameLimit() =>
        Assert.That(File.ReadLines(Path.Combine(SourceTree.Folder, ".editorconfig")), Does.Contain($"max_line_length = {MaxLength}"));

    [Test]
    public void SourceLines_AreNotLongerThanTheLimit()
    {
        var source = Path.Combine(SourceTree.Folder, "src");
        var files = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !IsBuildOutput(source, file)).ToList();
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(file => LongLines(source, file)), Is.Empty);
    }

    private static IEnumerable<string> LongLines(string source, string file) => File.ReadLines(file)
        .Select((line, index) => (line.Length, Number: index + 1))
        .Where(static line => line.Length > MaxLength)
        .Select(line => $"{Path.GetRelativePath(source, file)}:{line.Number} has {line.Length} characters");

    private static bool IsBuildOutput(string source, string file) =>
        Path.GetRelativePath(source, file).Split(Path.DirectorySeparatorChar).Any(static part => part is "obj" or "bin");
}
