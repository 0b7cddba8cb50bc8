namespace IrohMoq.Reactive;

/// <summary>Reports a change of a broadcast that this side publishes for all sessions.</summary>
/// <param name="Name">The broadcast's name.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="Change">What happened to it.</param>
/// <param name="EndedBy">What ended it; null unless <paramref name="Change"/> is <see cref="BroadcastChange.Ended"/>.</param>
public sealed record BroadcastEvent(
    BroadcastPath Name, BroadcastConsumer Broadcast, BroadcastChange Change, BroadcastEndedBy? EndedBy) : MoqNotice;
