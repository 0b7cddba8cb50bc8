using System.Buffers;
using System.Text.Json;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Output;

/// <summary>Writes one JSON object per line to standard output, each with an <c>event</c> field, and nothing else.</summary>
internal sealed class JsonOutput : IOutput
{
    private readonly Lock _gate = new();

    public TimeSpan ProgressInterval => TimeSpan.FromSeconds(1);

    public void Id(EndpointId id) => Write("id", json => json.WriteString("id", id.ToString()));

    public void Listening(EndpointAddr address) => Write("listening", json =>
    {
        json.WriteString("id", address.Id.ToString());
        Write(json, "addrs", address.Addresses.Select(static address => address.ToString()));
        json.WriteString("ticket", new EndpointTicket(address).ToString());
    });

    public void Waiting(int readers) => Write("waiting", json => json.WriteNumber("readers", readers));

    public void Connected(EndpointId id, string protocol) => Write("connected", json =>
    {
        json.WriteString("id", id.ToString());
        json.WriteString("alpn", TerminalText.Bound(protocol));
    });

    public void Announced(string name) => Write("announced", json => json.WriteString("name", TerminalText.Bound(name)));

    public void Subscribed(string name, string track, ulong? group = null) => Write("subscribed", json =>
    {
        json.WriteString("name", TerminalText.Bound(name));
        json.WriteString("track", TerminalText.Bound(track));
        if (group is { } first)
            json.WriteNumber("group", first);
    });

    public void Progress(Traffic traffic) => Write("progress", json => Write(json, traffic));

    public void Ended(Traffic traffic) => Write("ended", json => Write(json, traffic));

    public void Closed(SessionClosed closed) => Write("closed", json =>
    {
        json.WriteNumber("code", closed.Code.Value);
        json.WriteString("reason", TerminalText.Bound(closed.Reason));
        json.WriteBoolean("remote", closed.IsRemote);
    });

    public void TraceLine(string line) => Write("trace", json => json.WriteString("line", line));

    public void Finding(Finding finding) => Write("check", json =>
    {
        json.WriteString("check", finding.Check);
        json.WriteString("verdict", finding.Verdict.ToString().ToLowerInvariant());
        json.WriteString("message", finding.Message);
        json.WriteString("advice", finding.Advice);
    });

    public void Simulating(int done, int runs) => Write("progress", json =>
    {
        json.WriteNumber("done", done);
        json.WriteNumber("runs", runs);
    });

    public void Violated(SimulationViolation violation, int peers, string command)
    {
        Write("violation", json =>
        {
            json.WriteNumber("seed", violation.Seed);
            json.WriteNumber("peers", peers);
            json.WriteNumber("steps", violation.Steps);
            json.WriteNumber("step", violation.Step);
            json.WriteString("command", command);
            json.WriteString("invariant", violation.Invariant);
            json.WriteString("expected", violation.Expected);
            json.WriteString("seen", violation.Seen);
            Write(json, "program", violation.Program);
            Write(json, "trace", violation.LastLines);
        });
        Console.Error.WriteLine(
            $"moq: {violation.Invariant}: violated with seed {violation.Seed}, {peers} peers and {violation.Steps} steps: {command}");
    }

    public void Simulated(SimulationTotal total) => Write("result", json =>
    {
        json.WriteNumber("seed", total.Seed);
        json.WriteNumber("runs", total.Runs);
        json.WriteNumber("steps", total.Steps);
        json.WriteNumber("events", total.Events);
        json.WriteNumber("violations", total.Violations);
        json.WriteString("trace_sha256", total.TraceSha256);
    });

    public void Report(OutputEvent reported) => Write(reported.Name, reported.WriteFields);

    public void ReportProgress(OutputEvent progress) => Report(progress);

    public void Note(string message)
    {
        Write("note", json => json.WriteString("message", Cut(message)));
        WriteError(message);
    }

    public void Error(string message, uint? code)
    {
        Write("error", json =>
        {
            json.WriteString("message", Cut(message));
            if (code is { } value)
                json.WriteNumber("code", value);
            else
                json.WriteNull("code");
        });
        WriteError(message);
    }

    public void Dispose()
    {
    }

    private static string Cut(string message) =>
        message.Length <= PlainOutput.LongestMessage ? message : $"{message.AsSpan(0, PlainOutput.LongestMessage)}…";

    private static void WriteError(string message) =>
        Console.Error.WriteLine($"moq: {TerminalText.Escape(message, PlainOutput.LongestMessage)}");

    private static void Write(Utf8JsonWriter json, Traffic traffic)
    {
        json.WriteNumber("groups", traffic.Groups);
        json.WriteNumber("frames", traffic.Frames);
        json.WriteNumber("bytes", traffic.Bytes);
        json.WriteNumber("missing", traffic.Missing);
        json.WriteNumber("incomplete", traffic.Incomplete);
        json.WriteNumber("mb_s", Math.Round(traffic.MegabytesPerSecond, 3));
        if (traffic.IsOtherMachine)
            json.WriteBoolean("other_machine", true);
        if (traffic.Latency is not { } latency)
            return;
        json.WriteStartObject("latency_ms");
        json.WriteNumber("p50", Math.Round(latency.P50, 3));
        json.WriteNumber("p99", Math.Round(latency.P99, 3));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private void Write(string name, Action<Utf8JsonWriter> fields)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            fields(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lock (_gate)
            StandardStreams.Output.Start().AppendAndWait(line.WrittenSpan);
    }
}
