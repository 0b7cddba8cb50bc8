using IrohMoq.Reactive;
using Mono.Cecil;

namespace IrohMoq.Architecture.Tests;

/// <summary>Rooms look down only, and each sees only the packages that are its business.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RoomDependencyTests
{
    private const string Rx = "System.Reactive";
    private const string Keys = "NSec.Cryptography";
    private const string Logging = "Microsoft.Extensions.Logging.Abstractions";

    /// <summary>The rooms and packages that each room of the library may use, besides itself and the base class library.</summary>
    private static readonly Dictionary<string, (string[] Rooms, string[] Packages)> Allowed = new(StringComparer.Ordinal)
    {
        ["Errors"] = ([], []),
        // The runtime on a scheduler needs IScheduler; nothing else of Rx is used below the pipeline.
        ["Time"] = ([], [Rx]),
        ["Paths"] = (["Errors"], []),
        ["Buffers"] = (["Errors", "Time"], []),
        ["Transport"] = (["Errors", "Time", "Buffers"], []),
        ["Wire"] = (["Errors", "Time", "Buffers", "Paths"], []),
        ["Model"] = (["Errors", "Time", "Buffers", "Paths"], []),
        ["Endpoints"] = (["Errors", "Time", "Transport"], [Keys, Logging]),
        ["Diagnostics"] = (["Errors"], [Logging]),
        ["Sessions"] = (["Errors", "Time", "Buffers", "Paths", "Wire", "Model", "Transport", "Diagnostics"], [Logging]),
        ["Manager"] = (["Errors", "Paths", "Endpoints"], []),
        ["Connections"] = (["Errors", "Time", "Paths", "Model", "Transport", "Endpoints", "Diagnostics", "Sessions", "Manager"], [Logging]),
        ["Pipeline"] = (["Time", "Manager"], [Rx]),
        [SourceTree.Root] =
            (
                [
                    "Errors", "Time", "Buffers", "Paths", "Model", "Transport", "Wire", "Endpoints", "Diagnostics", "Sessions", "Manager",
                    "Connections", "Pipeline",
                ],
                [Rx, Logging]),
    };

    private static readonly IReadOnlyDictionary<string, string> Rooms = SourceTree.RoomsOf("IrohMoq.Reactive");

    [Test]
    public void EveryRoom_HasARule() => Assert.That(Rooms.Values.Distinct(), Is.EquivalentTo(Allowed.Keys));

    [Test]
    public void Library_LooksDownOnly()
    {
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in Declared(Code.ModuleOf(typeof(Moq))))
        {
            if (!Rooms.TryGetValue(type.PlainName(), out var room))
                continue;
            foreach (var seen in type.References().Select(Code.Outermost))
            {
                if (seen.Scope == type.Scope
                    && Rooms.TryGetValue(seen.PlainName(), out var other)
                    && other != room
                    && !Allowed[room].Rooms.Contains(other))
                    wrong.Add($"{room}/{type.PlainName()} sees {other}/{seen.PlainName()}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    /// <summary>No two rooms, the root included, depend on each other, directly or through other rooms.</summary>
    [Test]
    public void Rooms_HaveNoCycle()
    {
        var uses = Rooms.Values.Distinct().ToDictionary(
            static room => room, static _ => new SortedDictionary<string, string>(StringComparer.Ordinal));
        foreach (var type in Declared(Code.ModuleOf(typeof(Moq))))
        {
            if (!Rooms.TryGetValue(type.PlainName(), out var room))
                continue;
            foreach (var seen in type.References().Select(Code.Outermost))
            {
                if (seen.Scope == type.Scope && Rooms.TryGetValue(seen.PlainName(), out var other) && other != room)
                    uses[room].TryAdd(other, $"{room}/{type.PlainName()} uses {other}/{seen.PlainName()}");
            }
        }

        Assert.That(uses.Keys.Select(room => CycleFrom(room, uses)).Where(static cycle => cycle is not null), Is.Empty);
    }

    [Test]
    public void Packages_AreSeenOnlyWhereTheyAreUsed()
    {
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in Declared(Code.ModuleOf(typeof(Moq))))
        {
            if (!Rooms.TryGetValue(type.PlainName(), out var room))
                continue;
            foreach (var package in type.References().Select(PackageOf).Where(static package => package is not null))
            {
                if (!Allowed[room].Packages.Contains(package))
                    wrong.Add($"{room}/{type.PlainName()} sees {package}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void EveryTypeOfTheLibrary_IsFoundInItsRoom() =>
        Assert.That(
            Declared(Code.ModuleOf(typeof(Moq))).Select(static type => type.PlainName()).Where(static name => !Rooms.ContainsKey(name)),
            Is.Empty);

    [TestCase(typeof(IrohEndpoint))]
    [TestCase(typeof(QuicEndpoint))]
    public void Provider_SeesTheSeamsOnly(Type endpoint)
    {
        string[] seams = ["Errors", "Time", "Buffers", "Transport", "Endpoints"];
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in Declared(Code.ModuleOf(endpoint)))
        {
            foreach (var seen in type.References().Select(Code.Outermost))
            {
                if (seen.Scope.Name == "IrohMoq.Reactive" && !seams.Contains(Rooms.GetValueOrDefault(seen.PlainName())))
                    wrong.Add($"{type.PlainName()} sees {seen.PlainName()}");
                if (PackageOf(seen) is { } package and not Logging)
                    wrong.Add($"{type.PlainName()} sees {package}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    private static string? CycleFrom(string start, Dictionary<string, SortedDictionary<string, string>> uses)
    {
        var seen = new HashSet<string>();
        return Find(start, []);

        string? Find(string room, string[] path)
        {
            foreach (var (next, use) in uses[room])
            {
                if (next == start)
                    return string.Join("; ", [.. path, use]);
                if (seen.Add(next) && Find(next, [.. path, use]) is { } cycle)
                    return cycle;
            }

            return null;
        }
    }

    // Types without a namespace, or with a name that no source can have, are made by the compiler.
    private static IEnumerable<TypeDefinition> Declared(ModuleDefinition module) =>
        module.Types.Where(static type => type.Namespace.StartsWith("IrohMoq.", StringComparison.Ordinal)
            && !type.Name.Contains('<', StringComparison.Ordinal));

    private static string? PackageOf(TypeReference type) =>
        type.Scope is AssemblyNameReference { Name: Rx or Keys or Logging or "System.Interactive.Async" } assembly ? assembly.Name : null;
}
