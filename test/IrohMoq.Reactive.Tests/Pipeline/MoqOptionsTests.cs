using System.Reactive.Concurrency;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class MoqOptionsTests
{
    private static IEnumerable<TestCaseData> BadOptions =>
    [
        Bad(nameof(MoqOptions.DialTimeout), static () => new MoqOptions { DialTimeout = TimeSpan.Zero }),
        Bad(nameof(MoqOptions.ShutdownTimeout), static () => new MoqOptions { ShutdownTimeout = Timeout.InfiniteTimeSpan }),
        Bad(nameof(MoqOptions.MaxSessions), static () => new MoqOptions { MaxSessions = 0 }),
        Bad(nameof(MoqOptions.MaxSessionsPerPeer), static () => new MoqOptions { MaxSessionsPerPeer = 0 }),
        Bad(nameof(MoqOptions.SessionReplay), static () => new MoqOptions { SessionReplay = -1 }),
        Bad(nameof(MoqOptions.NoticeCapacity), static () => new MoqOptions { NoticeCapacity = 0 }),
        Bad(nameof(MoqOptions.Linger), static () => new MoqOptions { Linger = Timeout.InfiniteTimeSpan }),
        Bad(nameof(MoqOptions.DecisionTimeout), static () => new MoqOptions { DecisionTimeout = TimeSpan.Zero }),
        Bad(nameof(MoqOptions.DialTimeout), static () => new MoqOptions { DialTimeout = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.ShutdownTimeout), static () => new MoqOptions { ShutdownTimeout = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.Linger), static () => new MoqOptions { Linger = TimeSpan.MaxValue }),
        Bad(nameof(MoqOptions.DecisionTimeout), static () => new MoqOptions { DecisionTimeout = TimeSpan.MaxValue }),
    ];

    [TestCaseSource(nameof(BadOptions))]
    public void OptionOutOfRange_IsNamedWhenItIsSet(Func<MoqOptions> set, string property) =>
        Assert.That(() => set(), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains($"MoqOptions.{property} must"));

    [Test]
    public void SchedulerThatRunsWorkOnItsCallersStack_IsRefusedWhenItIsSet() =>
        Assert.That(
            static () => new MoqOptions { Scheduler = ImmediateScheduler.Instance },
            Throws.ArgumentException.With.Message.Contains("caller's stack"));

    [Test]
    public void NullLoggerFactory_IsRefusedWhenItIsSet() =>
        Assert.That(
            static () => new MoqOptions { LoggerFactory = null! }, Throws.ArgumentNullException.With.Message.Contains("NullLoggerFactory"));

    [Test]
    public void DefaultOptions_AreAsDocumented()
    {
        var options = MoqOptions.Default;
        Assert.That(
            (options.DialTimeout.TotalSeconds, options.ShutdownTimeout.TotalSeconds, options.SessionReplay, options.NoticeCapacity),
            Is.EqualTo((30.0, 5.0, 16, 1024)));
        Assert.That((options.MaxSessions, options.MaxSessionsPerPeer, options.Scheduler), Is.EqualTo((4096, 16, default(object))));
    }

    private static TestCaseData Bad(string property, Func<MoqOptions> set) => new TestCaseData(set, property).SetArgDisplayNames(property);
}
