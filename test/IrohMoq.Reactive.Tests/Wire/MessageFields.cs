using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Converts the fields of reference vectors to messages. Vectors of different versions name some fields differently.</summary>
internal static class MessageFields
{
    public static Announce Announce(JsonElement f, MoqVersion version) => f.Text("status") == "active"
        ? new(true, f.Text("suffix"), version == MoqVersion.Lite03 ? HopPath.Unknown(HopCount(f)) : Hops(f))
        : new(false, f.Text("suffix"));

    public static Route Route(JsonElement f) => new(Hops(f), f.Required("warm"), f.Required("cold"));

    public static DeliveryTerms Terms(JsonElement f, MoqVersion version) => version < MoqVersion.Lite06
        ? new(
            f.GetProperty("priority").GetByte(),
            f.GetProperty("ordered").GetBoolean(),
            f.Required("maxLatency"),
            f.Number("startGroup"),
            f.Number("endGroup"))
        : new(
            f.GetProperty("priority").GetByte(),
            MaxLatency: f.Required("maxAge"),
            StartGroup: f.Number("groupStart"),
            EndGroup: f.Number("groupEnd"),
            FrameStart: f.Required("frameStart"),
            FrameEnd: f.Number("frameEnd"));

    public static SubscribeOk Ok(JsonElement f, MoqVersion version) =>
        new(version < MoqVersion.Lite05 ? Terms(f, version) : new DeliveryTerms(StartGroup: f.Required("group")));

    public static TrackInfo TrackInfo(JsonElement f, MoqVersion version) => new(
        f.GetProperty("priority").GetByte(),
        version == MoqVersion.Lite05 && f.GetProperty("ordered").GetBoolean(),
        f.Required(version == MoqVersion.Lite05 ? "latencyMax" : "maxAge"),
        f.Required("timescale"));

    public static Fetch Fetch(JsonElement f) => new(
        f.Text("broadcast"),
        f.Text("track"),
        f.GetProperty("priority").GetByte(),
        f.Required("group"),
        f.Number("frameStart") ?? 0,
        f.Number("frameEnd"));

    // The vectors show an absent role as 0, so it is taken for absent.
    public static Setup Setup(JsonElement f) => new(
        (ProbeLevel)(f.Number("probe") ?? 0),
        f.TryGetProperty("path", out var path) ? path.GetString() : null,
        f.Number("role") is > 0 and var role ? (SessionRole)role : null,
        f.Number("cost"),
        f.Number("hop") ?? f.Number("origin") ?? 0);

    public static ulong Required(this JsonElement f, string name) => f.Number(name)!.Value;

    private static HopPath Hops(JsonElement f) =>
        new(f.GetProperty("hops").EnumerateArray().Select(hop => hop.Number()).ToArray());

    private static int HopCount(JsonElement f) => f.TryGetProperty("hops", out var hops)
        ? hops.GetArrayLength()
        : (int)(f.Number("hopCount") ?? 0);
}
