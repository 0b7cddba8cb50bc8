namespace IrohMoq.Reactive.Transport;

/// <summary>
/// The place of a stream among those of its connection that have something to send. Streams of a higher <paramref name="Priority"/> go first. Among streams of one priority, flows take turns of at most
/// 128 KiB each, so that none starves another. Within one flow the stream with the lowest <paramref name="Position"/> goes first, and the next one when that has nothing to send or no credit.
/// </summary>
/// <param name="Priority">0 to 65,535, the higher the sooner.</param>
/// <param name="Flow">Which streams belong together, for example those of one subscription; any number.</param>
/// <param name="Position">The place within the flow, the lower the sooner.</param>
public readonly record struct SendOrder(ushort Priority, ulong Flow, long Position);
