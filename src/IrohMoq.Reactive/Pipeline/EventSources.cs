namespace IrohMoq.Reactive.Pipeline;

/// <summary>The sources of a manager's events.</summary>
/// <param name="failed">Receives the exception if the pipeline's scheduler does not take an event.</param>
internal sealed class EventSources(Action<Exception> failed)
{
    /// <summary>Gets what the application does: connect, publish, accept, close, shut down.</summary>
    public EventSource Commands { get; } = new(failed);

    /// <summary>Gets the connections that peers dial.</summary>
    public EventSource Arrivals { get; } = new(failed);

    /// <summary>Gets the results of dials.</summary>
    public EventSource Dials { get; } = new(failed);

    /// <summary>Gets the ends of connections, and of the endpoint.</summary>
    public EventSource Closures { get; } = new(failed);

    /// <summary>Gets the ends of published broadcasts.</summary>
    public EventSource Broadcasts { get; } = new(failed);

    /// <summary>Gets the times that elapse.</summary>
    public EventSource Timers { get; } = new(failed);
}
