using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// The repository's sources: which top-level type is declared in which room. Rooms are folders; namespaces are for users and don't tell.
/// </summary>
internal static partial class SourceTree
{
    /// <summary>The room of files that lie directly in the project's folder.</summary>
    public const string Root = "(root)";

    public static string Folder { get; } = FindFolder();

    /// <summary>Simple type name to the room that declares it, for one project below <c>src</c>.</summary>
    public static IReadOnlyDictionary<string, string> RoomsOf(string project)
    {
        var rooms = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var folder = Path.Combine(Folder, "src", project);
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            var parts = Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar);
            if (parts[0] is "obj" or "bin")
                continue;
            var room = parts.Length == 1 ? Root : parts[0];
            foreach (Match declaration in Declaration().Matches(File.ReadAllText(file)))
            {
                var name = declaration.Groups["name"].Value;
                Assert.That(
                    !rooms.TryGetValue(name, out var other) || other == room,
                    Is.True,
                    $"{name} is declared in {other} and in {room}; the rooms cannot be told apart.");
                rooms[name] = room;
            }
        }

        return rooms;
    }

    // File-scoped namespaces: what is declared at the beginning of a line is a top-level type.
    [GeneratedRegex(
        @"^(?:(?:public|internal|sealed|abstract|static|partial|readonly|unsafe|ref) )*"
            + @"(?:(?:record struct|record class|class|record|struct|interface|enum) (?<name>\w+)|delegate .* (?<name>\w+)\()",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    private static string FindFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IrohMoq.Reactive.sln")))
            folder = Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException("The tests must run below the repository's folder.");
        return folder;
    }
}
