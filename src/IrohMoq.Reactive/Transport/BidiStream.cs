namespace IrohMoq.Reactive.Transport;

/// <summary>Represents a stream that both sides write. Its two directions end independently of each other.</summary>
/// <param name="Send">The direction that this side writes.</param>
/// <param name="Receive">The direction that the peer writes.</param>
public readonly record struct BidiStream(ISendStream Send, IReceiveStream Receive);
