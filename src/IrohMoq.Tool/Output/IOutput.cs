using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>Represents the output of the tool: lines of text for people, or JSON for programs. Implementations are thread-safe.</summary>
internal interface IOutput : IDisposable
{
    /// <summary>Reports the id of this endpoint.</summary>
    void Id(EndpointId id);

    /// <summary>Gets the interval at which the traffic is reported.</summary>
    TimeSpan ProgressInterval { get; }

    /// <summary>Reports that the endpoint accepts connections at an address.</summary>
    void Listening(EndpointAddr address);

    /// <summary>Reports that nothing happens until a number of readers have subscribed.</summary>
    void Waiting(int readers);

    /// <summary>Reports a new session.</summary>
    void Connected(EndpointId id, string protocol);

    /// <summary>Reports a broadcast that was announced.</summary>
    void Announced(string name);

    /// <summary>Reports a new subscription.</summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="track">The name of the track.</param>
    /// <param name="group">The number of the first group that is read, or null on the publisher.</param>
    void Subscribed(string name, string track, ulong? group = null);

    /// <summary>Reports the traffic of a track so far.</summary>
    void Progress(Traffic traffic);

    /// <summary>Reports the total traffic of a track that has ended.</summary>
    void Ended(Traffic traffic);

    /// <summary>Reports the end of a session.</summary>
    void Closed(SessionClosed closed);

    /// <summary>Reports a line of a simulation's trace.</summary>
    void TraceLine(string line);

    /// <summary>Reports the result of a check of the machine.</summary>
    void Finding(Finding finding);

    /// <summary>Reports the number of completed runs of a simulation.</summary>
    void Simulating(int done, int runs);

    /// <summary>Reports an invariant that a simulation violated, and the command that runs the same program again.</summary>
    void Violated(SimulationViolation violation, int peers, string command);

    /// <summary>Reports the result of a simulation.</summary>
    void Simulated(SimulationTotal total);

    /// <summary>Reports an event that is specific to a command.</summary>
    void Report(OutputEvent reported);

    /// <summary>Reports an event that replaces the previous progress: a terminal shows it in the status line.</summary>
    void ReportProgress(OutputEvent progress);

    /// <summary>Reports a fact that is no error, on standard error as well.</summary>
    void Note(string message);

    /// <summary>Reports an error, with its error code if there is one.</summary>
    void Error(string message, uint? code);
}
