namespace IrohMoq.Tool.Files;

/// <summary>
/// Counts the files and bytes that are checked before a transfer begins. One task may count while another reads the counts.
/// </summary>
/// <param name="total">The number of bytes to check, or null if it is not known.</param>
internal sealed class CheckProgress(long? total)
{
    private int _files;
    private long _bytes;

    /// <summary>Gets the number of bytes that were checked.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Adds a file that is checked, with bytes that are not counted otherwise.</summary>
    public void AddFile(long bytes)
    {
        Interlocked.Increment(ref _files);
        AddBytes(bytes);
    }

    /// <summary>Adds bytes of a file that is not yet checked completely.</summary>
    public void AddBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Returns the event that reports the counts.</summary>
    public CheckedFiles Describe() => new(Volatile.Read(ref _files), Bytes, total);
}
