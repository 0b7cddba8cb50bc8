namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>
/// Links a test to the fault of the original, iroh-moq, that it checks, by the number of the fault in <see cref="FaultCoverageTests"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class FaultAttribute(int number) : PropertyAttribute("fault", number)
{
    public int Number { get; } = number;
}
