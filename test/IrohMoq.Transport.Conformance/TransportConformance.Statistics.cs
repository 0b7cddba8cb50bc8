using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>Gets a value that indicates whether the transport's connections are <see cref="IConnectionStatistics"/>.</summary>
    protected virtual bool HasStatistics => true;

    [Test]
    public void Statistics_BytesGrowWithTraffic() => Run(async pair =>
    {
        const int length = 300_000;
        var (sender, receiver) = (StatisticsOf(pair.Dialer), StatisticsOf(pair.Acceptor));
        var (before, beforeAtPeer) = (sender.GetStatistics(), receiver.GetStatistics());
        var stream = await pair.Dialer.OpenUniAsync();
        var sending = stream.SendAllAsync(Pattern(length)).AsTask();
        await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync();
        await sending;
        await stream.Closed;
        await EventuallyAsync(
            pair.Runtime, () => sender.GetStatistics().BytesSent - before.BytesSent >= length, "The sent bytes were not counted.");
        await EventuallyAsync(
            pair.Runtime, () =>
                receiver.GetStatistics().BytesReceived - beforeAtPeer.BytesReceived >= length, "The received bytes were not counted.");
    });

    [Test]
    public void Statistics_RoundTripTimesAreConsistent() => Run(async pair =>
    {
        var source = StatisticsOf(pair.Dialer);
        await pair.RoundTripAsync();
        await EventuallyAsync(pair.Runtime, () => source.GetStatistics().SmoothedRtt is not null, "The round-trip time was not measured.");
        var statistics = source.GetStatistics();
        Assert.That(statistics.MinRtt, Is.GreaterThanOrEqualTo(TimeSpan.Zero));
        Assert.That(statistics.LatestRtt, Is.GreaterThanOrEqualTo(statistics.MinRtt!.Value));
        Assert.That(statistics.SmoothedRtt, Is.GreaterThanOrEqualTo(statistics.MinRtt!.Value).And.LessThan(TimeSpan.FromSeconds(10)));
    });

    [Test]
    public void Statistics_StayReadableAfterTheEnd() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var (dialer, acceptor) = (StatisticsOf(pair.Dialer), StatisticsOf(pair.Acceptor));
        pair.Dialer.Close(1, "");
        await pair.Acceptor.Closed;
        await pair.Dialer.DisposeAsync();
        await pair.Acceptor.DisposeAsync();
        Assert.That(dialer.GetStatistics().BytesSent, Is.GreaterThan(0));
        Assert.That(acceptor.GetStatistics().BytesReceived, Is.GreaterThan(0));
    });

    private IConnectionStatistics StatisticsOf(ITransportConnection connection)
    {
        if (!HasStatistics)
            Assert.Ignore("This transport measures nothing.");
        Assert.That(connection, Is.InstanceOf<IConnectionStatistics>());
        return (IConnectionStatistics)connection;
    }
}
