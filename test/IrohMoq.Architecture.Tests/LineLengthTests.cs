namespace IrohMoq.Architecture.Tests;

/// <summary>
/// Checks that the lines of all C# sources fit into <c>max_line_length</c> of the <c>.editorconfig</c>, which no analyzer does.
/// </summary>
public sealed class LineLengthTests
{
    private const int MaxLength = 140;

    [Test]
    public void EditorConfig_HasTheSameLimit() =>
        Assert.That(File.ReadLines(Path.Combine(SourceTree.Folder, ".editorconfig")), Does.Contain($"max_line_length = {MaxLength}"));

    [TestCase("src")]
    [TestCase("test")]
    [TestCase("examples")]
    [TestCase("bench")]
    public void Lines_AreNotLongerThanTheLimit(string folder)
    {
        var root = Path.Combine(SourceTree.Folder, folder);
        var files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Where(file => !IsBuildOutput(root, file)).ToList();
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(LongLines), Is.Empty);
    }

    private static IEnumerable<string> LongLines(string file) => File.ReadLines(file)
        .Select(static (line, index) => (line.Length, Number: index + 1))
        .Where(static line => line.Length > MaxLength)
        .Select(line => $"{Path.GetRelativePath(SourceTree.Folder, file)}:{line.Number} has {line.Length} characters");

    private static bool IsBuildOutput(string root, string file) =>
        Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Any(static part => part is "obj" or "bin" or "node_modules");
}
