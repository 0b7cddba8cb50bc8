namespace IrohMoq.Reactive.Tests.Model;

/// <summary>An option that cannot be is refused where it is set, with the name of the property.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OptionsTests
{
    private static readonly (string Property, Func<object> Set)[] Wrong =
    [
        (nameof(TrackOptions.MaxCachedGroups), static () => new TrackOptions { MaxCachedGroups = 0 }),
        (nameof(TrackOptions.MaxCachedBytes), static () => new TrackOptions { MaxCachedBytes = 0 }),
        (nameof(TrackOptions.MaxAge), static () => new TrackOptions { MaxAge = TimeSpan.Zero }),
        (nameof(TrackOptions.SlowReaderLimit), static () => TrackOptions.Default with { SlowReaderLimit = TimeSpan.FromTicks(-1) }),
        (nameof(TrackOptions.MinReaderRate), static () => new TrackOptions { MinReaderRate = -1 }),
        (nameof(SubscribeOptions.MaxLatency), static () => new SubscribeOptions { MaxLatency = TimeSpan.FromTicks(-1) }),
        (nameof(SubscribeOptions.Order), static () => SubscribeOptions.Default with { Order = (GroupOrder)3 }),
        (nameof(SubscribeOptions.FirstFrame), static () => new SubscribeOptions { FirstFrame = -1 }),
        (nameof(SubscribeOptions.End), static () => new SubscribeOptions { End = ulong.MaxValue }),
        (nameof(SubscribeOptions.LastFrame), static () => new SubscribeOptions { LastFrame = -1 }),
        ("sequence", static () => GroupStart.From(TrackProducer.MaxSequence + 1)),
    ];

    [TestCaseSource(nameof(Wrong))]
    public void ValueThatCannotBe_IsRefusedWhereItIsSet((string Property, Func<object> Set) wrong) =>
        Assert.That(
            () => wrong.Set(),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(wrong.Property));

    [Test]
    public void BoundsThemselves_AreTaken()
    {
        var least = new TrackOptions
        {
            MaxCachedGroups = 1,
            MaxCachedBytes = 1,
            MaxAge = TimeSpan.FromTicks(1),
            SlowReaderLimit = TimeSpan.FromTicks(1),
            MinReaderRate = 0,
        };
        Assert.That(least, Is.EqualTo(least with { }).And.Not.EqualTo(TrackOptions.Default));
        Assert.That(new SubscribeOptions { MaxLatency = TimeSpan.Zero, Order = GroupOrder.Newest }.MaxLatency, Is.EqualTo(TimeSpan.Zero));
        Assert.That(new SubscribeOptions { MaxLatency = null }, Is.EqualTo(SubscribeOptions.Default));
    }
}
