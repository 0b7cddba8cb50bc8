using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class MoqOptionsTests
{
    private static IEnumerable<TestCaseData> BadOptions =>
    [
        Bad(nameof(MoqOptions.LoggerFactory), new MoqOptions { LoggerFactory = null! }),
        Bad(nameof(MoqOptions.DialTimeout), new MoqOptions { DialTimeout = TimeSpan.Zero }),
        Bad(nameof(MoqOptions.ShutdownTimeout), new MoqOptions { ShutdownTimeout = Timeout.InfiniteTimeSpan }),
        Bad(nameof(MoqOptions.MaxSessions), new MoqOptions { MaxSessions = 0 }),
        Bad(nameof(MoqOptions.MaxSessionsPerPeer), new MoqOptions { MaxSessionsPerPeer = 0 }),
        Bad(nameof(MoqOptions.SessionReplay), new MoqOptions { SessionReplay = -1 }),
        Bad(nameof(MoqOptions.SessionRing), new MoqOptions { SessionRing = 0 }),
        Bad(nameof(MoqOptions.BroadcastRing), new MoqOptions { BroadcastRing = 0 }),
        Bad(nameof(MoqOptions.Linger), new MoqOptions { Linger = Timeout.InfiniteTimeSpan }),
        Bad(nameof(MoqOptions.DecisionTimeout), new MoqOptions { DecisionTimeout = TimeSpan.Zero }),
        Bad(nameof(MoqOptions.DialTimeout), new MoqOptions { DialTimeout = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.ShutdownTimeout), new MoqOptions { ShutdownTimeout = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.Linger), new MoqOptions { Linger = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.DecisionTimeout), new MoqOptions { DecisionTimeout = TimeSpan.MaxValue }),
    ];

    [TestCaseSource(nameof(BadOptions))]
    public void OptionOutOfRange_IsNamed(MoqOptions options, string property) =>
        Assert.That(
            () => new Moq(new InMemoryNetwork(new VirtualWorld().Scheduler).AddEndpoint("1"), options),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains($"MoqOptions.{property} must"));

    [Test]
    public void DefaultOptions_AreAsDocumented()
    {
        var options = MoqOptions.Default;
        Assert.That((options.DialTimeout.TotalSeconds, options.ShutdownTimeout.TotalSeconds, options.SessionReplay, options.SessionRing), Is.EqualTo((30.0, 5.0, 16, 1024)));
        Assert.That((options.MaxSessions, options.MaxSessionsPerPeer, options.Scheduler), Is.EqualTo((4096, 16, default(object))));
        Assert.That(options.PipelineScheduler, Is.SameAs(PipelineSchedulers.Default));
    }

    private static TestCaseData Bad(string property, MoqOptions options) => new TestCaseData(options, property).SetArgDisplayNames(property);
}
