using IrohMoq.Transport.Conformance;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>The suite that every transport must pass, over System.Net.Quic on loopback.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class QuicTransportTests : TransportConformance
{
    protected override bool HasDatagrams => false;

    // Writes are ordered, but not packets: PriorityTests and WriteScheduleTests test the order.
    protected override bool HasPriorities => false;

    protected override bool HasStatistics => false;

    protected override bool HasCloseReasons => false;

    protected override bool HasWithheldCredit => false;

    protected override bool KeepsUnreadData => false;

    protected override int MoreThanAWindow => 1_200_000;

    [SetUp]
    public void SkipWithoutQuic() => Machine.SkipWithoutQuic();

    protected override async ValueTask<IEndpoint> BindAsync() => await QuicEndpoint.CreateAsync(options: Machine.Loopback);
}
