using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>Writes the events of the tool, as text or as JSON. Safe for any thread.</summary>
internal interface IOutput : IDisposable
{
    void Id(EndpointId id);

    void Listening(IEndpoint endpoint);

    void Connected(EndpointId id, string protocol);

    void Announced(string name);

    void Subscribed(string name, string track);

    void Progress(Traffic traffic);

    void Ended(Traffic traffic);

    void Closed(SessionClosed closed);

    /// <summary>A line of a simulation's trace.</summary>
    void TraceLine(string line);

    /// <summary>A simulation goes on.</summary>
    void Simulating(int done, int runs);

    /// <summary>A simulation has found a violation.</summary>
    void Violated(SimulationViolation violation);

    /// <summary>A simulation has ended.</summary>
    void Simulated(SimulationTotal total);

    void Error(string message, uint? code);
}
