namespace IrohMoq.Reactive.Wire;

/// <summary>
/// What a unidirectional stream begins with, as a varint. A number that is not here is legal to receive; its stream is stopped.
/// </summary>
internal enum UniStreamType : ulong
{
    /// <summary>GROUP, followed by frames.</summary>
    Group = 0,

    /// <summary>From moq-lite-05 on.</summary>
    Setup = 1,
}
