using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Observes the events and effects of a pipeline, in order, on the scheduler of the pipeline. An implementation must not throw, and
/// cannot change the events or effects.
/// </summary>
internal interface IPipelineTap
{
    /// <summary>Receives an event before the reducer handles it.</summary>
    void OnEvent(MoqEvent happened);

    /// <summary>Receives an effect before its handler carries it out.</summary>
    void OnEffect(MoqEffect effect);
}
