namespace IrohMoq.Tool.Streams;

/// <summary>
/// Provides the three standard streams of the process. A descriptor that the parent has closed is not used, although the runtime may have
/// opened a file of its own with the same number.
/// </summary>
internal static class StandardStreams
{
    private static readonly TimeSpan ErrorsLimit = TimeSpan.FromMilliseconds(500);

    private static readonly bool[] Inherited = [true, true, true];
    private static BackgroundWriter? _error;

    /// <summary>Gets standard output, which the lines and the payloads share.</summary>
    public static BackgroundWriter Output { get; } = CreateOutput();

    /// <summary>
    /// Determines which descriptors the parent has passed, keeps the numbers of the others from being used for files, and directs the
    /// console to the streams of this class. Must be called before anything else opens a file or uses the console.
    /// </summary>
    public static void Initialize()
    {
        if (!OperatingSystem.IsWindows())
        {
            for (var descriptor = 0; descriptor < Inherited.Length; descriptor++)
            {
                Inherited[descriptor] = Posix.IsInherited(descriptor);
                if (!Posix.IsOpen(descriptor))
                    Posix.OpenNull();
            }
        }

        Console.SetOut(new BackgroundTextWriter(Output, isLossy: false));
        if (Inherited[2])
            _error = new BackgroundWriter("standard error", () => Open(2, Console.OpenStandardError), () => IsBroken(2));
        Console.SetError(_error is null ? TextWriter.Null : new BackgroundTextWriter(_error, isLossy: true));
    }

    /// <summary>Gets a value indicating whether the parent has passed standard input.</summary>
    public static bool IsInputOpen => Inherited[0];

    /// <summary>Gets the number of columns of the terminal, or 0 if it is not known.</summary>
    public static int Columns =>
        OperatingSystem.IsWindows() ? Console.WindowWidth : Posix.Columns(1) is > 0 and var columns ? columns : Posix.Columns(2);

    /// <summary>Opens standard input.</summary>
    /// <exception cref="IOException">The parent has closed it.</exception>
    public static Stream OpenInput() =>
        IsInputOpen ? Open(0, Console.OpenStandardInput) : throw new IOException("it is closed");

    /// <summary>Determines whether standard output or standard error is a terminal.</summary>
    public static bool IsTerminal(bool error) =>
        Inherited[error ? 2 : 1] && !(error ? Console.IsErrorRedirected : Console.IsOutputRedirected);

    /// <summary>Waits until everything has been written, or until this is pointless.</summary>
    /// <returns>True if all of standard output was written.</returns>
    public static async ValueTask<bool> FinishAsync()
    {
        var isWritten = true;
        if (Output.Added > 0)
        {
            try
            {
                await Output.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                isWritten = false;
            }
        }

        return isWritten;
    }

    /// <summary>Waits a short time until standard error is written.</summary>
    public static void FinishErrors() => SpinWait.SpinUntil(() => IsFinished(_error), ErrorsLimit);

    /// <summary>Waits until standard output and standard error are written, or until the time has elapsed.</summary>
    public static void FinishLines(TimeSpan time) => SpinWait.SpinUntil(static () => IsFinished(Output) && IsFinished(_error), time);

    /// <summary>Determines whether a write has failed because the reader of the pipe, FIFO or socket is gone.</summary>
    public static bool IsReaderGone(IOException failure) => failure.InnerException?.HResult == Posix.BrokenPipe;

    /// <summary>Determines whether the reader of a FIFO or socket is gone, so that a write would fail.</summary>
    public static bool IsBroken(FileStream file) => IsBroken((int)file.SafeFileHandle.DangerousGetHandle());

    private static bool IsFinished(BackgroundWriter? writer) => writer is not { Pending: > 0, Failure: null };

    private static BackgroundWriter CreateOutput() => new(
        "standard output",
        () => Inherited[1] ? Open(1, Console.OpenStandardOutput) : throw new IOException("it is closed"),
        () => IsBroken(1));

    private static bool IsBroken(int descriptor) => !OperatingSystem.IsWindows() && Posix.IsBroken(descriptor);

    private static Stream Open(int descriptor, Func<Stream> otherwise) =>
        OperatingSystem.IsWindows() ? otherwise() : new DescriptorStream(descriptor);
}
