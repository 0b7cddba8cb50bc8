using IrohMoq.Reactive;

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

    void Error(string message, uint? code);
}
