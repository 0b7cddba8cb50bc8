using IrohMoq.Reactive;
using Mono.Cecil;

namespace IrohMoq.Architecture.Tests;

/// <summary>The rooms of the iroh endpoint look down only, and its QUIC core knows no socket, thread, task or clock.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class IrohRoomTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Native"] = [SourceTree.Root],
        ["Tls"] = ["Native"],
        ["Core"] = ["Native", "Tls"],
        ["Driver"] = ["Native", "Core"],
        [SourceTree.Root] = ["Native", "Tls", "Core", "Driver"],
    };

    private static readonly IReadOnlyDictionary<string, string> Rooms = SourceTree.RoomsOf("IrohMoq.Reactive.Iroh");

    [Test]
    public void EveryRoom_HasARule() => Assert.That(Rooms.Values.Distinct(), Is.EquivalentTo(Allowed.Keys));

    [Test]
    public void Rooms_LookDownOnly()
    {
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (room, type) in Declared())
        {
            foreach (var seen in type.References().Select(Code.Outermost))
            {
                // The exception for a missing native library is public, and so lies in the root.
                if (seen.Scope == type.Scope && Rooms.TryGetValue(seen.PlainName(), out var other) && other != room
                    && (!Allowed[room].Contains(other) || (other == SourceTree.Root && seen.Name != nameof(NativeLibraryException))))
                    wrong.Add($"{room}/{type.PlainName()} sees {other}/{seen.PlainName()}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [TestCase("System.Net.Sockets.Socket")]
    [TestCase("System.Threading.Thread")]
    [TestCase("System.Threading.Timer")]
    [TestCase("System.Threading.Tasks.Task")]
    [TestCase("System.Threading.Tasks.ValueTask")]
    [TestCase("System.Diagnostics.Stopwatch")]
    [TestCase("System.DateTime")]
    [TestCase("System.TimeProvider")]
    public void Core_DoesNotUse(string name)
    {
        var users = Declared()
            .Where(static declared => declared.Room == "Core")
            .Where(declared => declared.Type.References().Any(seen => seen.GetElementType().FullName.Split('`')[0] == name))
            .Select(static declared => declared.Type.PlainName());
        Assert.That(users, Is.Empty);
    }

    private static IEnumerable<(string Room, TypeDefinition Type)> Declared() =>
        from type in Code.ModuleOf(typeof(IrohEndpoint)).Types
        where Rooms.ContainsKey(type.PlainName())
        select (Rooms[type.PlainName()], type);
}
