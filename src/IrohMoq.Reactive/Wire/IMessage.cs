namespace IrohMoq.Reactive.Wire;

/// <summary>
/// A message that is sent as a length and a body: what each message tells about itself. <see cref="MessageCodec"/> makes <c>Encode</c>,
/// <c>Decode</c> and <c>TryRead</c> of it.
/// </summary>
internal interface IMessage<TSelf>
    where TSelf : struct, IMessage<TSelf>
{
    /// <summary>Gets the message's name in the draft, for errors.</summary>
    static abstract string Name { get; }

    /// <summary>Gets the type that goes before the length, not counted by it, where the stream carries several messages.</summary>
    static virtual ulong? ResponseType => null;

    /// <summary>Gets the bytes that <see cref="WriteBody"/> needs at most.</summary>
    int MaxBodySize { get; }

    /// <summary>Reads the fields of the body. The caller checks that nothing is left over.</summary>
    static abstract TSelf ReadBody(ref WireReader reader, MoqVersion version);

    /// <summary>Writes the fields of the body.</summary>
    void WriteBody(ref WireWriter writer, MoqVersion version);
}
