namespace IrohMoq.Reactive;

/// <summary>Reports a change of a broadcast that this side publishes on all sessions.</summary>
/// <param name="Name">The name of the broadcast.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="Change">What happened to the broadcast.</param>
/// <param name="EndedBy">
/// What ended the publication; null unless <paramref name="Change"/> is <see cref="BroadcastChange.Ended"/>.
/// </param>
public sealed record BroadcastEvent(
    BroadcastPath Name, BroadcastConsumer Broadcast, BroadcastChange Change, BroadcastEndedBy? EndedBy) : MoqNotice;
