using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Counts how often a stream is looked at, whether it may go on.</summary>
internal sealed class CountingFlow(
    TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted, Action looked)
    : ReceiveFlow(track, arriving, budget, counted)
{
    protected override bool GoesOn(GroupSubscriber group)
    {
        looked();
        return base.GoesOn(group);
    }
}
