using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The events and effects of one manager's loop, in order.</summary>
internal sealed class Recorder : IPipelineTap
{
    public List<MoqEvent> Events { get; } = [];

    public List<MoqEffect> Effects { get; } = [];

    public MoqOptions Options => new() { Tap = this };

    /// <summary>Gets the names of the events in their order.</summary>
    public IEnumerable<string> Names => Events.Select(static happened => happened.GetType().Name);

    public void OnEvent(MoqEvent happened) => Events.Add(happened);

    public void OnEffect(MoqEffect effect) => Effects.Add(effect);
}
