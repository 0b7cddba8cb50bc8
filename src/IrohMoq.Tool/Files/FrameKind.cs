namespace IrohMoq.Tool.Files;

/// <summary>Specifies the first byte of a frame of the content track.</summary>
internal enum FrameKind : byte
{
    /// <summary>The start of a file: a <see cref="FileStart"/> as JSON.</summary>
    Start = (byte)'S',

    /// <summary>Bytes of the file.</summary>
    Data = (byte)'D',

    /// <summary>The end of the file: a <see cref="FileEnd"/> as JSON.</summary>
    End = (byte)'E',

    /// <summary>The file cannot be sent, or not to its end: a <see cref="FileFailure"/> as JSON.</summary>
    Failure = (byte)'X',
}
