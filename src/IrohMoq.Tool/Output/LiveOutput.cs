using Spectre.Console;

namespace IrohMoq.Tool.Output;

/// <summary>Writes lines of text to a terminal, and shows the progress in one status line that is overwritten.</summary>
internal sealed class LiveOutput : PlainOutput
{
    private const string ClearLine = "\r\u001b[K";

    private readonly IAnsiConsole _console;
    private bool _hasStatus;

    public LiveOutput(TextWriter writer)
        : base(writer) =>
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    public override void Progress(Traffic traffic) => Show(Describe(traffic));

    public override void Simulating(int done, int runs) => Show(Describe(done, runs));

    public override void ReportProgress(OutputEvent progress)
    {
        if (progress.Text is { } text)
            Show(text);
    }

    public override void Dispose()
    {
        if (_hasStatus)
            Status(Environment.NewLine);
        base.Dispose();
    }

    protected override void BeforeLine()
    {
        if (!_hasStatus)
            return;
        _hasStatus = false;
        Status(ClearLine);
    }

    private void Show(string text)
    {
        var width = Math.Max(20, _console.Profile.Width - 1);
        Status(ClearLine + (text.Length > width ? text[..width] : text));
        _hasStatus = true;
    }
}
