using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Sees the events and effects of a pipeline, in order, on its scheduler. It must not throw and changes nothing.</summary>
internal interface IPipelineTap
{
    /// <summary>Receives an event before it is reduced.</summary>
    void OnEvent(MoqEvent happened);

    /// <summary>Receives an effect before it is carried out.</summary>
    void OnEffect(MoqEffect effect);
}
