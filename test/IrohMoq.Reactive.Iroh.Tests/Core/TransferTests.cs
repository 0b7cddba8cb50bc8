namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Two real cores transfer data both ways over networks of all kinds, in virtual time.</summary>
[Parallelizable(ParallelScope.All)]
public class TransferTests
{
    private const int Size = 200_000;
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly LinkModel Lan = new();
    private static readonly LinkModel Narrow = new() { Delay = 10 * Ms, Rate = 100_000, Queue = 20_000 };

    private static readonly Dictionary<string, (int Seeds, TimeSpan Limit, LinkModel Link)> Networks = new()
    {
        ["Nothing"] = (20, Second, Lan),
        ["Loss 1 %"] = (30, 5 * Second, Lan with { Loss = 0.01 }),
        ["Loss 5 %"] = (30, 15 * Second, Lan with { Loss = 0.05 }),
        ["Loss 20 %"] = (30, 30 * Second, Lan with { Loss = 0.2 }),
        ["Reordering"] = (30, 5 * Second, Lan with { Delay = 20 * Ms, Jitter = 20 * Ms }),
        ["Duplication"] = (30, Second, Lan with { Duplication = 0.3 }),
        ["Delay 50 ms"] = (15, 2 * Second, Lan with { Delay = 50 * Ms }),
        ["Delay 200 ms"] = (15, 6 * Second, Lan with { Delay = 200 * Ms }),
        ["Narrow"] = (20, 10 * Second, Narrow),
        ["Narrow and lossy"] = (20, 30 * Second, Narrow with { Delay = 50 * Ms, Loss = 0.05 }),
        ["All"] = (30, 30 * Second, Lan with { Delay = 30 * Ms, Jitter = 30 * Ms, Loss = 0.05, Duplication = 0.1, Rate = 1_000_000 }),
    };

    private static IEnumerable<string> Names => Networks.Keys;

    [TestCaseSource(nameof(Names))]
    public void Bytes_ArriveUnchanged(string name)
    {
        var (seeds, limit, link) = Networks[name];
        var longest = TimeSpan.Zero;
        for (var seed = 1; seed <= seeds; seed++)
            longest = new[] { longest, Transfer(seed, link, limit).Elapsed }.Max();
        TestContext.Out.WriteLine($"The longest of {seeds} runs took {longest} of virtual time.");
    }

    [Test]
    public void SameSeed_GivesTheSameRun([Range(1, 5)] int seed)
    {
        var link = new LinkModel { Delay = 30 * Ms, Jitter = 30 * Ms, Loss = 0.1, Duplication = 0.1 };
        var first = Transfer(seed, link, 120 * Second);
        var second = Transfer(seed, link, 120 * Second);
        Assert.That(second, Is.EqualTo(first));
    }

    private static (ulong Trace, TimeSpan Elapsed) Transfer(int seed, LinkModel link, TimeSpan limit)
    {
        using var pair = new VirtualPair(seed, link, settings: static settings => settings with { HandshakeTimeout = 60 * Second });
        var transfer = new VirtualTransfer(pair, Size);
        transfer.Complete(limit);
        var result = (pair.Network.Trace, pair.Network.Elapsed);
        pair.CloseAndCheckMemory();
        return result;
    }
}
