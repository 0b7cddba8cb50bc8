namespace IrohMoq.Tool.Streams;

/// <summary>Specifies what a path refers to.</summary>
internal enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, which was not followed.</summary>
    SymbolicLink,

    /// <summary>A FIFO, a socket or a device.</summary>
    Special,
}
