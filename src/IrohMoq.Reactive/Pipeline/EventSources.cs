namespace IrohMoq.Reactive.Pipeline;

/// <summary>Provides the sources of a manager's events.</summary>
/// <param name="failed">The action that receives the exception if the pipeline's scheduler fails to accept an event.</param>
internal sealed class EventSources(Action<Exception> failed)
{
    /// <summary>Gets the source of application requests: connect, publish, accept, close and shut down.</summary>
    public EventSource Commands { get; } = new(failed);

    /// <summary>Gets the source of connections that peers dial.</summary>
    public EventSource Arrivals { get; } = new(failed);

    /// <summary>Gets the source of dial results.</summary>
    public EventSource Dials { get; } = new(failed);

    /// <summary>Gets the source of the ends of connections, and of the endpoint.</summary>
    public EventSource Closures { get; } = new(failed);

    /// <summary>Gets the source of the ends of published broadcasts.</summary>
    public EventSource Broadcasts { get; } = new(failed);

    /// <summary>Gets the source of elapsed timers.</summary>
    public EventSource Timers { get; } = new(failed);
}
