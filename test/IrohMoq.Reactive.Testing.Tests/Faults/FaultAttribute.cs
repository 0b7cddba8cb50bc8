namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>Which fault of the original, iroh-moq, a test is about. Its summary is in <see cref="FaultCoverageTests"/>.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class FaultAttribute(int number) : PropertyAttribute("fault", number)
{
    public int Number { get; } = number;
}
