namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>The ranges of <see cref="ReconnectOptions"/>.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReconnectOptionsTests
{
    private static readonly ReconnectOptions Exact = new() { Jitter = 0 };

    private static IEnumerable<TestCaseData> BadOptions =>
    [
        Bad(nameof(ReconnectOptions.FirstDelay), static () => Exact with { FirstDelay = TimeSpan.Zero }),
        Bad(nameof(ReconnectOptions.FirstDelay), static () => Exact with { FirstDelay = TimeSpan.MaxValue }),
        Bad(nameof(ReconnectOptions.MaxDelay), static () => Exact with { MaxDelay = Timeout.InfiniteTimeSpan }),
        Bad(nameof(ReconnectOptions.MaxDelay), static () => Exact with { MaxDelay = TimeSpan.MaxValue }),
        Bad(nameof(ReconnectOptions.Jitter), static () => Exact with { Jitter = 1.1 }),
        Bad(nameof(ReconnectOptions.Jitter), static () => Exact with { Jitter = double.NaN }),
        Bad(nameof(ReconnectOptions.StableAfter), static () => Exact with { StableAfter = TimeSpan.FromSeconds(-1) }),
        Bad(nameof(ReconnectOptions.MaxAttempts), static () => Exact with { MaxAttempts = 0 }),
        Bad(nameof(ReconnectOptions.GiveUpAfter), static () => Exact with { GiveUpAfter = TimeSpan.FromSeconds(-1) }),
    ];

    [TestCaseSource(nameof(BadOptions))]
    public void OptionOutOfRange_IsNamedWhenItIsSet(Func<ReconnectOptions> set, string property) =>
        Assert.That(() => set(), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains($"ReconnectOptions.{property} must"));

    [Test]
    public void BadArguments_AreRefusedAtOnce() => Peers.Run(peers =>
    {
        Assert.That(() => peers.Bob.Reconnect(null!), Throws.ArgumentNullException);
        var options = Exact with { MaxDelay = TimeSpan.FromSeconds(0.5) };
        Assert.That(
            () => peers.Bob.Reconnect(peers.ToAlice, options),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ReconnectOptions.MaxDelay must be FirstDelay or more"));
        return Task.CompletedTask;
    });

    private static TestCaseData Bad(string property, Func<ReconnectOptions> set) =>
        new TestCaseData(set, property).SetArgDisplayNames(property);
}
