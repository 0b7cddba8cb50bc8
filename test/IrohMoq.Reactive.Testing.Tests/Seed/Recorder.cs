using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The events and effects of one manager's loop, in order.</summary>
internal sealed class Recorder : IPipelineTap
{
    public List<MoqEvent> Events { get; } = [];

    public List<MoqEffect> Effects { get; } = [];

    public MoqOptions Options => new() { Tap = this };

    /// <summary>What has happened, by name and in order.</summary>
    public IEnumerable<string> Names => Events.Select(static happened => happened.GetType().Name);

    public void OnEvent(MoqEvent happened) => Events.Add(happened);

    public void OnEffect(MoqEffect effect) => Effects.Add(effect);
}
