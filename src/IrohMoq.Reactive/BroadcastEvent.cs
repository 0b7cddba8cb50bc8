namespace IrohMoq.Reactive;

/// <summary>The lifetime of a broadcast that is published here, for all sessions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Broadcast">Which one.</param>
/// <param name="Change">What became of it.</param>
/// <param name="EndedBy">Who took it back; null unless it <see cref="BroadcastChange.Ended"/>.</param>
public sealed record BroadcastEvent(BroadcastPath Name, BroadcastConsumer Broadcast, BroadcastChange Change, BroadcastEndedBy? EndedBy);
