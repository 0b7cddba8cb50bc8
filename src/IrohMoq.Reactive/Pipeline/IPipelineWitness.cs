namespace IrohMoq.Reactive.Pipeline;

/// <summary>Sees what a pipeline does, in order, on its scheduler. It must not throw and changes nothing.</summary>
internal interface IPipelineWitness
{
    /// <summary>An event is about to be folded.</summary>
    void OnEvent(MoqEvent happened);

    /// <summary>An effect is about to be carried out.</summary>
    void OnEffect(MoqEffect effect);
}
