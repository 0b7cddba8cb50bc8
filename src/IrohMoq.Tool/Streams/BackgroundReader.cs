using System.IO.Pipelines;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Opens and reads a file or descriptor on a thread of its own, so that waiting for its data can be canceled, whatever it waits for. The
/// thread ends with the process.
/// </summary>
internal sealed class BackgroundReader
{
    private const int ReadSize = 64 << 10;

    private readonly BlockingPipe _pipe = new();
    private readonly string _name;
    private readonly Func<Stream> _open;

    /// <summary>Initializes a new instance of the <see cref="BackgroundReader"/> class and starts its thread.</summary>
    /// <param name="name">The name of the source in messages.</param>
    /// <param name="open">The function that opens the source. It may block.</param>
    public BackgroundReader(string name, Func<Stream> open)
    {
        _name = name;
        _open = open;
        new Thread(Run) { IsBackground = true, Name = $"read {name}" }.Start();
    }

    /// <summary>Gets the data, which ends with an <see cref="IOException"/> if the source cannot be read.</summary>
    public PipeReader Data => _pipe.Reader;

    private void Run()
    {
        var writer = _pipe.Writer;
        try
        {
            using var source = _open();
            while (source.Read(writer.GetSpan(ReadSize)) is > 0 and var count)
            {
                writer.Advance(count);
                if (_pipe.Flush())
                    break;
            }

            writer.Complete();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            writer.Complete(new IOException($"{_name} cannot be read: {ExceptionText.Reason(failure)}", failure));
        }
    }
}
