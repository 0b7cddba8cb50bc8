using System.Text.RegularExpressions;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// Finds the room in which the sources of the repository declare each top-level type. A room is a folder, which a namespace does not
/// show.
/// </summary>
internal static partial class SourceTree
{
    /// <summary>The name of the room of the files that are directly in the folder of a project.</summary>
    public const string Root = "(root)";

    public static string Folder { get; } = FindFolder();

    /// <summary>Returns the room of each simple type name of a project in <c>src</c>.</summary>
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
                    $"{name} is declared in {other} and in {room}; the test cannot distinguish the rooms.");
                rooms[name] = room;
            }
        }

        return rooms;
    }

    // Namespaces are file-scoped, so a declaration at the beginning of a line is a top-level type.
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
