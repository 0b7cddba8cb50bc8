using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>What the tool tells: to people line by line, to programs as JSON. Any thread may call it.</summary>
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

    /// <summary>A simulation has found something.</summary>
    void Violated(SimulationViolation violation, int peers);

    /// <summary>A simulation is over.</summary>
    void Simulated(SimulationTotal total);

    void Error(string message, uint? code);
}
