namespace IrohMoq.Reactive.Sessions;

/// <summary>Represents a source from which the tracks of a broadcast can be read.</summary>
/// <param name="Connection">The connection on which the peer has announced the broadcast.</param>
/// <param name="Broadcast">The broadcast of the peer.</param>
internal sealed record TrackSource(MoqConnection Connection, BroadcastProducer Broadcast);
