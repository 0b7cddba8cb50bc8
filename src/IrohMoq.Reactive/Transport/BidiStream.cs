namespace IrohMoq.Reactive.Transport;

/// <summary>A stream in both directions. The two directions live and end apart from each other.</summary>
/// <param name="Send">What this side writes.</param>
/// <param name="Receive">What the peer writes.</param>
public readonly record struct BidiStream(ISendStream Send, IReceiveStream Receive);
