// The benchmarks. The summary of each class says which design decision the benchmark supports. "main" measures throughput between two
// processes over loopback, to show where time is spent between the QUIC library and the reader of a frame: "floor" uses ngtcp2 alone, "raw"
// adds the endpoint and its streams, "moq" adds sessions, groups, frames and the cache.
using IrohMoq.Load;
using IrohMoq.Load.Endpoint;
using IrohMoq.Load.EndpointSoak;
using IrohMoq.Load.Flood;

return OfferedProtocols.Apply(args) switch
{
    ["main"] => await MainBench.RunAsync(),
    ["endpoint", .. var options] => await EndpointBench.RunAsync(options),
    ["endpoint-listen", var part, var sizes] => await EndpointSide.ListenAsync(part, sizes),
    ["endpoint-dial", var part, var sizes, var peer] => await EndpointSide.DialAsync(part, sizes, peer),
    ["control"] => await ControlBench.RunAsync(),
    ["versions", .. var parts] => await VersionsBench.RunAsync(parts),
    ["lag"] => await LagBench.RunAsync(),
    ["frames", .. var only] => await FramesBench.RunAsync(only),
    ["latency"] => await LatencyBench.RunAsync(),
    ["paused"] => await PausedBench.RunAsync(),
    ["stress", var mode] => await StressProgram.RunAsync(mode),
    ["soak", var minutes] => await SoakProgram.RunAsync(double.Parse(minutes)),
    ["endpoint-soak", var minutes, .. var loads] => await EndpointSoakProgram.RunAsync(
        TimeSpan.FromMinutes(double.Parse(minutes)), loads),
    ["soak-reader", var seed, .. var tickets] => await SoakProcess.RunAsync(int.Parse(seed), tickets),
    ["publish-side", var tracks] => await SideProcess.PublishAsync(tracks),
    ["subscribe-side", var ticket] => await SideProcess.SubscribeAsync(ticket),
    ["flood"] => await FloodBench.RunAsync(isShort: false),
    ["flood", "short"] => await FloodBench.RunAsync(isShort: true),
    ["proxy", var listen, var target, .. var conditions] => ProxyProgram.Run(listen, target, conditions),
    ["grid-sink"] => GridSink.Run(),
    ["grid-listen", var bind] => await GridUpload.ListenAsync(bind),
    ["grid-dial", var id, var address, var file, var congestion] => await GridUpload.DialAsync(id, address, file, congestion),
    ["streams"] => await StreamBench.RunAsync(),
    ["streams-listen", var way] => await StreamBench.ListenAsync(way),
    ["streams-dial", var way, var peer] => await StreamBench.DialAsync(way, peer),
    ["receive", var mode, var amount] => await Child.ReceiveAsync(mode, double.Parse(amount)),
    ["send", var mode, var peer, var amount] => await Child.SendAsync(mode, peer, double.Parse(amount)),
    [] => List(Console.Out, 0),
    _ => List(Console.Error, 2),
};

static int List(TextWriter writer, int code)
{
    writer.WriteLine("benches: main      (throughput between two processes: floor, raw, moq)");
    writer.WriteLine("         endpoint  (endpoint [PART ...] [--rounds=N] [--quick]: rates and costs of the endpoint)");
    writer.WriteLine("         control   (the manager with 1,000 peers and 1,000 broadcasts, in memory; and lag)");
    writer.WriteLine("         versions  (versions [PART ...]: frames, latency, main and control on moq-lite-03 against 06, in turns)");
    writer.WriteLine("         lag       (free subscribers of incoming sessions next to ten that lag)");
    writer.WriteLine("         frames    (frames of 8 bytes to 1 kB, a second and CPU for each, and after a pause of the reader)");
    writer.WriteLine("         latency   (100 small frames a second beside bulk on a link of 20 MB/s, by priority)");
    writer.WriteLine("         paused    (live bulk beside a paused reader of another track)");
    writer.WriteLine("         stress    (stress all, or one MODE: what once stopped the library, each with what must hold)");
    writer.WriteLine("         soak      (soak MINUTES: 50 peers and 200 tracks that come and go; eng/soak.sh --peers)");
    writer.WriteLine("         endpoint-soak  (endpoint-soak MINUTES [LOAD ...]: two endpoints under all kinds of load; eng/soak.sh)");
    writer.WriteLine("         flood     (flood, or flood short: first packets and garbage against bulk and honest dials)");
    writer.WriteLine("         streams   (short streams of one frame between two processes, and what each costs)");
    writer.WriteLine("         proxy     (proxy LISTEN TARGET [NAME=VALUE ...]: forwards UDP like a bad network; eng/net-grid.sh)");
    writer.WriteLine("With --alpn=NAME[,NAME...] the managers of any bench offer only these versions, for example moq-lite-03.");
    return code;
}
