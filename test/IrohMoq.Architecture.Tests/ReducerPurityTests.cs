using IrohMoq.Reactive;
using Mono.Cecil;

namespace IrohMoq.Architecture.Tests;

/// <summary>
/// The reducer is a pure function: it maps a state and an event to a state and effects, and uses no task, clock, random number or
/// observer.
/// </summary>
public sealed class ReducerPurityTests
{
    private static readonly string[] Values =
    [
        "System.Int64", "System.Boolean", "System.String", "IrohMoq.Reactive.EndpointId", "IrohMoq.Reactive.EndpointAddr",
        "IrohMoq.Reactive.BroadcastPath", "IrohMoq.Reactive.Manager.PeerKey", "IrohMoq.Reactive.MoqErrorCode",
        "IrohMoq.Reactive.BroadcastEndedBy", "IrohMoq.Reactive.Manager.CallerRefusal", "IrohMoq.Reactive.SessionRequest",
    ];

    private static readonly string[] Collections = ["System.Collections", "System.Collections.Generic", "System.Collections.Immutable"];

#pragma warning disable NUnit1032 // All tests share the module and run one after another: Cecil resolves lazily and is not thread-safe.
    private static readonly ModuleDefinition Library = Code.ModuleOf(typeof(Moq));
#pragma warning restore NUnit1032

    private static IEnumerable<TypeDefinition> Pure =>
        new[]
        {
            "MoqReducer", "MoqState", "MoqStep", "MoqEvent", "MoqEffect", "PeerKey", "ReducerConfig", "ConnectionEntry", "SessionEntry",
            "PeerEntry", "DialEntry",
        }.Select(static name => Find(name));

    [TestCaseSource(nameof(Pure))]
    public void PureType_KnowsNoTaskClockChanceOrObserver(TypeDefinition type)
    {
        var known = type.References().Select(static reference => reference.FullName).Where(static name =>
            name.StartsWith("System.Threading.", StringComparison.Ordinal)
            || name.StartsWith("System.Reactive.", StringComparison.Ordinal)
            || name.StartsWith("System.IO.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
            || name.StartsWith("IrohMoq.Reactive.Time.", StringComparison.Ordinal)
            || name.StartsWith("IrohMoq.Reactive.Transport.", StringComparison.Ordinal)
            || name is "System.TimeProvider" or "System.DateTime" or "System.DateTimeOffset" or "System.TimeSpan"
                or "System.Random" or "System.Guid" or "System.Environment");
        Assert.That(known.Distinct(), Is.Empty);
    }

    [TestCaseSource(nameof(Pure))]
    public void PureType_CallsNoInterfaceButThoseOfCollections(TypeDefinition type)
    {
        var called = type.Instructions()
            .Select(static instruction => instruction.Operand)
            .OfType<MethodReference>()
            .Select(static method => method.DeclaringType.GetElementType())
            .Where(static declaring => declaring.Resolve() is { IsInterface: true } && !Collections.Contains(declaring.Namespace)
                && declaring.FullName != "System.IDisposable");
        Assert.That(called.Select(static declaring => declaring.FullName).Distinct(), Is.Empty);
    }

    [TestCase("MoqEvent")]
    [TestCase("DialEffect")]
    [TestCase("ReplyEffect")]
    [TestCase("ConnectionEffect")]
    [TestCase("SessionEffect")]
    [TestCase("BroadcastEffect")]
    [TestCase("NoticeEffect")]
    public void EventsAndEffects_CarryValuesAndNoLiveObjects(string name)
    {
        var carried = Find(name).NestedTypes
            .SelectMany(static nested => nested.Properties)
            .Where(static property => property.Name != "EqualityContract")
            .Select(static property => (Property: property.FullName, Type: property.PropertyType.FullName))
            .ToArray();
        Assert.That(carried, Is.Not.Empty);
        Assert.That(carried.Where(static property => !Values.Contains(property.Type)), Is.Empty);
    }

    [Test]
    public void Reducer_KeepsNoState() =>
        Assert.That(Find("MoqReducer").Fields.Where(static field => !field.HasConstant).Select(static field => field.Name), Is.Empty);

    private static TypeDefinition Find(string name) =>
        Library.GetType($"IrohMoq.Reactive.Manager.{name}")
            ?? throw new MissingMemberException($"There is no {name} any more: change this test with it.");
}
