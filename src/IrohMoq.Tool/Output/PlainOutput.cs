using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>Writes lines of plain text, without terminal control sequences.</summary>
/// <param name="writer">Standard output, or standard error if the payload is written to standard output.</param>
internal class PlainOutput(TextWriter writer) : IOutput
{
    private readonly Lock _gate = new();

    public void Id(EndpointId id) => Line(id.ToString());

    public void Listening(IEndpoint endpoint)
    {
        Line($"listening  {endpoint.Id}  on {string.Join(", ", endpoint.Address.Addresses)}");
        Line($"ticket     {endpoint.Ticket}");
    }

    public void Connected(EndpointId id, string protocol) => Line($"connected  {id}  ({protocol})");

    public void Announced(string name) => Line($"announced  {name}");

    public void Subscribed(string name, string track) => Line($"subscribed {name} {track}");

    public virtual void Progress(Traffic traffic) => Line(Describe(traffic));

    public void Ended(Traffic traffic) => Line($"ended      {Describe(traffic)}");

    public void Closed(SessionClosed closed) =>
        Line(
            $"closed     code {closed.Code}{(closed.Reason.Length > 0 ? $", {closed.Reason}" : "")}, "
            + $"by {(closed.IsRemote ? "the peer" : "this side")}");

    public void TraceLine(string line) => Line(line);

    public virtual void Simulating(int done, int runs) => Line(Describe(done, runs));

    public void Violated(SimulationViolation violation, int peers)
    {
        lock (_gate)
        {
            BeforeLine();
            Console.Error.WriteLine($"moq: {violation}");
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

    public void Error(string message, uint? code)
    {
        lock (_gate)
        {
            BeforeLine();
            Console.Error.WriteLine(code is { } value ? $"moq: {message} (code {value})" : $"moq: {message}");
        }
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected static string Describe(Traffic traffic)
    {
        var lost = traffic.Gaps + traffic.Skipped > 0 ? $"   {traffic.Gaps} gaps {traffic.Skipped} skipped" : "";
        var latency = traffic.Latency is { } ms ? $"   latency p50 {ms.P50:0.0} ms p99 {ms.P99:0.0} ms" : "";
        return $"{traffic.Name} {traffic.Track}   {traffic.Groups} groups {traffic.Frames} frames {traffic.Bytes:N0} bytes   "
            + $"{traffic.MegabytesPerSecond:0.00} MB/s{lost}{latency}";
    }

    protected static string Describe(int done, int runs) => $"simulating {done} of {runs} runs";

    /// <summary>Called before each line is written. The lock of the output is held during the call.</summary>
    protected virtual void BeforeLine()
    {
    }

    protected void Status(string text)
    {
        lock (_gate)
            writer.Write(text);
    }

    private void Line(string text)
    {
        lock (_gate)
        {
            BeforeLine();
            writer.WriteLine(text);
            writer.Flush();
        }
    }
}
