using System.Reflection;
using NUnit.Framework.Interfaces;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>Finds the tests of types by reflection.</summary>
internal static class TestMethods
{
    /// <summary>Gets the types of this assembly.</summary>
    public static IReadOnlyList<Type> Types { get; } = Assembly.GetExecutingAssembly().GetTypes();

    /// <summary>Returns the tests that NUnit runs of a type; none if the type is ignored or cannot be created.</summary>
    public static IEnumerable<MethodInfo> Of(Type type) => type.GetMethods().Where(IsRun);

    /// <summary>Determines whether NUnit runs a method as a test: its class can be created, and neither of them is ignored.</summary>
    public static bool IsRun(MethodInfo method) =>
        method.ReflectedType is { IsAbstract: false, ContainsGenericParameters: false } type
        && !IsSkipped(type)
        && !IsSkipped(method)
        && Attribute.GetCustomAttributes(method).Any(static builder => builder switch
        {
            TestCaseAttribute testCase => testCase.RunState == RunState.Runnable,
            ISimpleTestBuilder or ITestBuilder => true,
            _ => false,
        });

    private static bool IsSkipped(MemberInfo member) =>
        Attribute.GetCustomAttributes(member).Any(static attribute => attribute is IgnoreAttribute or ExplicitAttribute);
}
