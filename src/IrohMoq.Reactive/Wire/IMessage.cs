namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Represents a message that is sent as a length and a body. From the members that each message implements, <see cref="MessageCodec"/>
/// provides <c>Encode</c>, <c>Decode</c> and <c>TryRead</c>.
/// </summary>
internal interface IMessage<TSelf>
    where TSelf : struct, IMessage<TSelf>
{
    /// <summary>Gets the name of the message in the draft, for error messages.</summary>
    static abstract string Name { get; }

    /// <summary>Gets the maximum number of bytes that <see cref="WriteBody"/> writes.</summary>
    int MaxBodySize { get; }

    /// <summary>
    /// Returns the type that precedes the length, which does not include it, where a stream carries several types of messages; otherwise
    /// null.
    /// </summary>
    static virtual ulong? ResponseType(MoqVersion version) => null;

    /// <summary>
    /// Determines whether every violation in this message closes the session. By default a violation fails only the stream, except that
    /// moq-lite-06 closes the session for a body that does not fill its length exactly.
    /// </summary>
    static virtual bool ClosesSession(MoqVersion version) => false;

    /// <summary>Reads the fields of the body. The caller checks that no bytes are left over.</summary>
    static abstract TSelf ReadBody(ref WireReader reader, MoqVersion version);

    /// <summary>Writes the fields of the body.</summary>
    void WriteBody(ref WireWriter writer, MoqVersion version);
}
