namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Specifies the order in which a stream is sent relative to the other streams of its connection that have data to send. Streams of a
/// higher <paramref name="Priority"/> are sent first. Among streams of one priority, flows take turns of at most 64 KiB each, so that
/// none starves another. Within one flow, the stream with the lowest <paramref name="Position"/> is sent first, and the next one while
/// that stream has no data to send or no credit.
/// </summary>
/// <param name="Priority">The priority, 0 to 65,535; the highest is sent first.</param>
/// <param name="Flow">
/// The number of the flow. Streams that belong together, such as those of one subscription, have the same number.
/// </param>
/// <param name="Position">The position within the flow; the lowest is sent first.</param>
public readonly record struct SendOrder(ushort Priority, ulong Flow, long Position);
