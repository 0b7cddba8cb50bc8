using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Sources;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>Defines the options for what is published.</summary>
internal sealed class SourceOptions
{
    private const int DefaultFrameSize = 64 << 10;
    private const int DefaultGroupFrames = 64;

    private readonly Option<int?> _frameSize = NumberOption.Create(
        "--frame-size", 1, GroupProducer.MaxFrameSize,
        "Bytes a frame; only the last may be shorter. By default a frame is what has arrived at once, up to 65536 bytes.");

    private readonly Option<bool> _lines = new("--lines") { Description = "One frame a line, with its line ending." };

    private readonly Option<int?> _groupFrames = NumberOption.Create(
        "--group-frames", 1, GroupProducer.MaxFrames, "Frames a group; fewer if the group would exceed 32 MiB. The default is 64.");

    private readonly Option<bool> _clock =
        new("--clock") { Description = "A built-in live source: a group each second, a frame each 100 ms with the time." };

    /// <summary>Gets the option for the input.</summary>
    public Option<string?> Input { get; } =
        new("--input") { Description = "The file to publish, or - for standard input (the default).", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Options.Add(Input);
        command.Options.Add(_frameSize);
        command.Options.Add(_lines);
        command.Options.Add(_groupFrames);
        command.Options.Add(_clock);
    }

    /// <summary>Checks the options and the input, without opening it.</summary>
    /// <returns>
    /// The function that opens the source and begins to read it, and a value indicating whether the source is a file, which waits for its
    /// readers, and not live.
    /// </returns>
    public (Func<ISource> Open, bool IsFile) Read(ParseResult words)
    {
        var (lines, size, frames) = (words.GetValue(_lines), words.GetValue(_frameSize), words.GetValue(_groupFrames));
        var path = words.GetValue(Input);
        if (words.GetValue(_clock))
        {
            return lines || size is not null || frames is not null || path is not null
                ? throw new UsageException(
                    "--clock is a source of its own: it cannot be combined with --input, --frame-size, --lines or --group-frames")
                : (static () => new ClockSource(ThreadPoolRuntime.Instance), false);
        }

        if (lines && size is not null)
            throw new UsageException("--lines and --frame-size exclude each other");
        var (name, isFile, open) = path is null or "-" ? StandardInput() : Named(path);
        return (OpenStream, isFile);

        ISource OpenStream() => new StreamSource(
            new BackgroundReader(name, open).Data,
            lines ? null : size ?? DefaultFrameSize,
            isExact: size is not null || isFile,
            frames ?? DefaultGroupFrames);
    }

    private static (string Name, bool IsFile, Func<Stream> Open) StandardInput() =>
        StandardStreams.IsInputOpen
            ? ("standard input", false, StandardStreams.OpenInput)
            : throw new IOException("standard input is closed; name a file with --input, or publish --clock");

    private static (string Name, bool IsFile, Func<Stream> Open) Named(string path)
    {
        if (path.Length == 0)
            throw new UsageException("--input takes the path of a file, or -; it is empty");
        var kind = FileStatus.TryGet(path, follow: true)?.Kind;
        if (kind == FileKind.Folder)
            throw new IOException($"--input: '{path}' is a folder");
        var options = new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (kind == FileKind.Special)
            return ($"'{path}'", false, () => new FileStream(path, options));
        // A file is opened now: opening it cannot block, and whoever misspelled its name learns it at once.
        var file = Open(path, options);
        return ($"'{path}'", true, () => file);
    }

    private static FileStream Open(string path, FileStreamOptions options)
    {
        try
        {
            return new FileStream(path, options);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--input: {failure.Message}", failure);
        }
    }
}
