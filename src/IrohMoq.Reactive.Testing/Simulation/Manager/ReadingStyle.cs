namespace IrohMoq.Reactive.Testing;

/// <summary>Draws the options of a reader of a harsh simulation from the value of a step.</summary>
internal static class ReadingStyle
{
    private static readonly GroupOrder[] Orders = Enum.GetValues<GroupOrder>();
    private static readonly TimeSpan?[] Latencies = [null, null, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4)];

    public static SubscribeOptions Of(int value) => new()
    {
        Order = Orders[value / 5 % Orders.Length],
        Priority = (byte)(value % 5),
        MaxLatency = Latencies[value / 15 % Latencies.Length],
        Start = value / 45 % 3 == 0 ? GroupStart.Oldest : GroupStart.Latest,
    };

    /// <summary>Returns a description of the options.</summary>
    public static string TextOf(SubscribeOptions options)
    {
        var latency = options.MaxLatency is { } time ? $"{time.TotalMilliseconds:0} ms at most" : "any latency";
        var start = options.Start == GroupStart.Oldest ? "the oldest" : "the newest";
        return $"{options.Order} from {start} on, priority {options.Priority}, {latency}";
    }
}
