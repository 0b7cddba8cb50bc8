using System.Globalization;
using System.Text;
using IrohMoq.Tool.Sources;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Writes lines of text to a terminal, with colors if the terminal has some, and shows the progress in one status line that is overwritten.
/// </summary>
internal sealed class LiveOutput : PlainOutput
{
    private const string ClearLine = "\r\u001b[K";
    private const string LabelColor = "\u001b[36m";
    private const string NoColor = "\u001b[0m";

    private const int DefaultWidth = 80;

    private readonly bool _hasColors;
    // Used while the lock of the output is held.
    private bool _hasStatus;

    public LiveOutput(TextWriter writer)
        : base(writer) =>
        _hasColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Gets the interval at which the text of a clock can be read as one.</summary>
    public override TimeSpan ProgressInterval => TimeSpan.FromMilliseconds(200);

    // What a reader of a clock looks at comes first, because a narrow terminal does not show the rest.
    public override void Progress(Traffic traffic) => Show(
        traffic.Text is { } text
            ? $"{TimeOf(text)}   {DescribeLatency(traffic)}   {DescribeVolume(traffic)}"
            : Describe(traffic));

    public override void Simulating(int done, int runs) => Show(Describe(done, runs));

    public override void ReportProgress(OutputEvent progress)
    {
        if (progress.Text is { } text)
            Show(text);
    }

    public override void Dispose()
    {
        Write(writer =>
        {
            if (_hasStatus)
                writer.Write(Environment.NewLine);
            _hasStatus = false;
        });
        base.Dispose();
    }

    protected override void BeforeLine()
    {
        if (!_hasStatus)
            return;
        _hasStatus = false;
        Write(static writer => writer.Write(ClearLine));
    }

    protected override string Decorate(string line)
    {
        // The first word of a line names the event.
        var end = line.IndexOf(' ', StringComparison.Ordinal);
        return _hasColors && end > 0 && char.IsAsciiLetterLower(line[0]) ? $"{LabelColor}{line[..end]}{NoColor}{line[end..]}" : line;
    }

    /// <summary>Returns the time of day in the text of a clock, without the date and the time zone, which is UTC.</summary>
    private static string TimeOf(string text) =>
        ClockSource.TryRead(Encoding.ASCII.GetBytes(text), out var sent)
            ? sent.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)
            : TerminalText.Escape(text);

    private void Show(string text)
    {
        // Console.WindowWidth would change the modes of the terminal.
        var width = Math.Max(20, (StandardStreams.Columns is > 0 and var columns ? columns : DefaultWidth) - 1);
        Write(writer =>
        {
            writer.Write(ClearLine + TerminalWidth.Cut(text, width));
            _hasStatus = true;
        });
    }
}
