using BenchmarkDotNet.Attributes;

namespace IrohMoq.Benchmarks;

/// <summary>
/// Measures the encoding and decoding of each message of each version. Encoding allocates nothing, and decoding only the text and the hops
/// that the message holds.
/// </summary>
public class MessageBenchmarks
{
    [ParamsSource(nameof(Cases))]
    public MessageCase Message { get; set; } = null!;

    public static IEnumerable<MessageCase> Cases => MessageCase.All;

    [Benchmark]
    public int Encode() => Message.Encode();

    [Benchmark]
    public int Decode() => Message.Decode();
}
