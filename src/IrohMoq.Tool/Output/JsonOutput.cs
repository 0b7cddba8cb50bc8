using System.Buffers;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>One JSON object per line on standard output, each with an <c>event</c> field, and nothing else there.</summary>
internal sealed class JsonOutput : IOutput
{
    private readonly Lock _gate = new();
    private readonly Stream _out = Console.OpenStandardOutput();

    public void Id(EndpointId id) => Write("id", json => json.WriteString("id", id.ToString()));

    public void Listening(IEndpoint endpoint) => Write("listening", json =>
    {
        json.WriteString("id", endpoint.Id.ToString());
        json.WriteStartArray("addrs");
        foreach (var address in endpoint.Address.Addresses)
            json.WriteStringValue(address.ToString());
        json.WriteEndArray();
        json.WriteString("ticket", endpoint.Ticket.ToString());
    });

    public void Connected(EndpointId id, string protocol) => Write("connected", json =>
    {
        json.WriteString("id", id.ToString());
        json.WriteString("alpn", protocol);
    });

    public void Announced(string name) => Write("announced", json => json.WriteString("name", name));

    public void Subscribed(string name, string track) => Write("subscribed", json =>
    {
        json.WriteString("name", name);
        json.WriteString("track", track);
    });

    public void Progress(Traffic traffic) => Write("progress", json => Write(json, traffic));

    public void Ended(Traffic traffic) => Write("ended", json => Write(json, traffic));

    public void Closed(SessionClosed closed) => Write("closed", json =>
    {
        json.WriteNumber("code", closed.Code.Value);
        json.WriteString("reason", closed.Reason);
        json.WriteBoolean("remote", closed.IsRemote);
    });

    public void Error(string message, uint? code)
    {
        Write("error", json =>
        {
            json.WriteString("message", message);
            if (code is { } value)
                json.WriteNumber("code", value);
            else
                json.WriteNull("code");
        });
        Console.Error.WriteLine($"moq: {message}");
    }

    public void Dispose()
    {
    }

    private static void Write(Utf8JsonWriter json, Traffic traffic)
    {
        json.WriteNumber("groups", traffic.Groups);
        json.WriteNumber("frames", traffic.Frames);
        json.WriteNumber("bytes", traffic.Bytes);
        json.WriteNumber("gaps", traffic.Gaps);
        json.WriteNumber("skipped", traffic.Skipped);
        json.WriteNumber("mb_s", Math.Round(traffic.MegabytesPerSecond, 3));
        if (traffic.Latency is not { } latency)
            return;
        json.WriteStartObject("latency_ms");
        json.WriteNumber("p50", Math.Round(latency.P50, 3));
        json.WriteNumber("p99", Math.Round(latency.P99, 3));
        json.WriteEndObject();
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
        {
            _out.Write(line.WrittenSpan);
            _out.Flush();
        }
    }
}
