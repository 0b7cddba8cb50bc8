namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies the type of a unidirectional stream, which is the first varint on the stream. A peer may use a type that is not defined
/// here; its stream is stopped.
/// </summary>
internal enum UniStreamType : ulong
{
    /// <summary>The stream carries a GROUP header, followed by frames.</summary>
    Group = 0,

    /// <summary>The stream carries one SETUP, which each side sends once. It exists from moq-lite-05 on.</summary>
    Setup = 1,
}
