namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Represents a message that opens a stream. It is written in one operation with the type of the stream, because a Rust peer accepts no
/// other control stream while it waits for the first message of one.
/// </summary>
internal interface IOpeningMessage<TSelf> : IMessage<TSelf>
    where TSelf : struct, IOpeningMessage<TSelf>
{
    /// <summary>Gets the type of the stream: a <see cref="BidiStreamType"/> or a <see cref="UniStreamType"/>.</summary>
    static abstract ulong StreamType { get; }
}
