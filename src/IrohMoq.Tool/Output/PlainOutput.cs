using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>Writes lines of plain text, without terminal control sequences.</summary>
/// <param name="writer">Standard output, or standard error if the payload is written to standard output.</param>
internal class PlainOutput(TextWriter writer) : IOutput
{
    /// <summary>The maximum length of a message on standard error, which may quote several names and addresses.</summary>
    public const int LongestMessage = 1000;

    private readonly Lock _gate = new();

    public virtual TimeSpan ProgressInterval => TimeSpan.FromSeconds(1);

    public void Id(EndpointId id) => Line(id.ToString());

    public void Listening(EndpointAddr address)
    {
        Line($"listening  {address.Id}  on {string.Join(", ", address.Addresses)}");
        Line($"ticket     {new EndpointTicket(address)}");
    }

    public void Waiting(int readers) =>
        Line(readers == 1 ? "waiting    for a reader; nothing is read until it subscribes" : $"waiting    for {readers} readers");

    public void Connected(EndpointId id, string protocol) => Line($"connected  {id}  ({TerminalText.Escape(protocol)})");

    public void Announced(string name) => Line($"announced  {TerminalText.Escape(name)}");

    public void Subscribed(string name, string track, ulong? group = null) => Line(
        $"subscribed {TerminalText.Escape(name)} {TerminalText.Escape(track)}{(group is { } first ? $" from group {first} on" : "")}");

    public virtual void Progress(Traffic traffic) => Line(Describe(traffic));

    public void Ended(Traffic traffic) => Line($"ended      {Describe(traffic)}");

    public void Closed(SessionClosed closed) => Line($"closed     {SessionEnd.DescribeLine(closed)}");

    public void TraceLine(string line) => Line(line);

    public void Finding(Finding finding) =>
        Line(
            $"{finding.Verdict.ToString().ToLowerInvariant(),-8} {finding.Check,-17} {finding.Message}"
            + (finding.Advice is { } advice ? $"; {advice}" : ""));

    public virtual void Simulating(int done, int runs) => Line(Describe(done, runs));

    public void Violated(SimulationViolation violation, int peers, string command)
    {
        lock (_gate)
        {
            BeforeLine();
            Console.Error.WriteLine($"moq: {violation}");
            Console.Error.WriteLine($"moq: this runs it again: {command}");
        }
    }

    public void Simulated(SimulationTotal total)
    {
        foreach (var (kind, count) in total.Counts)
            Line($"{count,10:N0}  {kind}");
        Line(
            $"{total.Runs} {(total.Runs == 1 ? "run" : "runs")} from seed {total.Seed} on: {total.Steps:N0} steps, "
            + $"{total.Events:N0} events, {total.Lines:N0} lines of trace, {total.Elapsed:c} of virtual time");
        foreach (var invariant in total.Invariants)
            Line($"checked    {invariant}");
        Line($"violations {total.Violations}");
        Line($"trace      {total.TraceSha256}");
    }

    public void Report(OutputEvent reported)
    {
        if (reported.Text is { } text)
            Line(text);
    }

    public virtual void ReportProgress(OutputEvent progress) => Report(progress);

    public void Note(string message) => ErrorLine(message);

    // Code 0 is a normal end: the message says why it is an error here.
    public void Error(string message, uint? code) =>
        ErrorLine(code is > 0 and var value && !NamesCode(message, value) ? $"{message} (code {value})" : message);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected static string Describe(Traffic traffic)
    {
        var latency = DescribeLatency(traffic);
        return $"{DescribeVolume(traffic)}{(latency.Length > 0 ? $"   {latency}" : "")}";
    }

    /// <summary>Describes the latency of a clock, or returns the empty string if the source is not a clock.</summary>
    protected static string DescribeLatency(Traffic traffic) =>
        traffic.Latency is { } ms ? $"latency p50 {ms.P50:0.0} ms p99 {ms.P99:0.0} ms"
        : traffic.IsOtherMachine ? "latency: only on one machine" : "";

    protected static string DescribeVolume(Traffic traffic)
    {
        var missing = traffic.Missing > 0 ? $"   {Amount.OfMissing(traffic.Missing, traffic.Incomplete)}" : "";
        return $"{TerminalText.Escape(traffic.Name)} {TerminalText.Escape(traffic.Track)}   {Amount.Of(traffic.Groups, "group")} "
            + $"{Amount.Of(traffic.Frames, "frame")} {Amount.Of(traffic.Bytes, "byte")}   {traffic.MegabytesPerSecond:0.00} MB/s{missing}";
    }

    protected static string Describe(int done, int runs) => $"simulating {done} of {runs} runs";

    /// <summary>Called before each line is written. The lock of the output is held during the call.</summary>
    protected virtual void BeforeLine()
    {
    }

    /// <summary>Writes to the output while its lock is held, so that no line comes between.</summary>
    protected void Write(Action<TextWriter> write)
    {
        lock (_gate)
            write(writer);
    }

    /// <summary>Writes a line to standard error.</summary>
    protected virtual void ErrorLine(string message)
    {
        lock (_gate)
        {
            BeforeLine();
            Console.Error.WriteLine($"moq: {TerminalText.Escape(message, LongestMessage)}");
        }
    }

    /// <summary>Decorates a line before it is written.</summary>
    protected virtual string Decorate(string line) => line;

    /// <summary>Determines whether a message contains an error code already.</summary>
    private static bool NamesCode(string message, uint code)
    {
        var words = $"code {code}";
        var end = message.IndexOf(words, StringComparison.Ordinal) + words.Length;
        return end >= words.Length && (end == message.Length || !char.IsAsciiDigit(message[end]));
    }

    private void Line(string text)
    {
        lock (_gate)
        {
            BeforeLine();
            writer.WriteLine(Decorate(text));
            writer.Flush();
        }
    }
}
