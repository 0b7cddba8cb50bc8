// A load generator for whole processes over loopback. It serves the decision where time goes between the QUIC library and the reader of a frame:
// "floor" is the library with nothing of ours around it, "raw" adds the endpoint and its streams, "moq" adds sessions, groups, frames and the cache.
using IrohMoq.Load;

return args switch
{
    ["main"] => await MainBench.RunAsync(),
    ["receive", var mode] => await Child.ReceiveAsync(mode),
    ["send", var mode, var peer, var amount] => await Child.SendAsync(mode, peer, double.Parse(amount)),
    [] => List(Console.Out, 0),
    _ => List(Console.Error, 2),
};

static int List(TextWriter writer, int code)
{
    writer.WriteLine("benches: main   (throughput between two processes: floor, raw, moq)");
    return code;
}
