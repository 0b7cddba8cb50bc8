using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>Gets a value that indicates whether the transport's connections are <see cref="IDatagramConnection"/>.</summary>
    protected virtual bool HasDatagrams => true;

    [Test]
    public void Datagrams_ArriveWhole([Values] bool fromDialer, [Values(0, 1, 1_000)] int length) => Run(async pair =>
    {
        var (here, there) = pair.From(fromDialer);
        await pair.RoundTripAsync();
        var sent = Pattern(length);
        // A datagram may be lost on any network, so it is sent until one has arrived.
        var received = Datagrams(there).ReceiveDatagramAsync().AsTask();
        await EventuallyAsync(
            pair.Runtime, () => Datagrams(here).TrySendDatagram(sent) && received.IsCompleted, "No datagram has arrived.");
        Assert.That((await received).ToArray(), Is.EqualTo(sent));
    });

    [Test]
    public void DatagramOfTheMaximumSize_Arrives() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var datagrams = Datagrams(pair.Dialer);
        Assert.That(datagrams.MaxDatagramSize, Is.GreaterThanOrEqualTo(1_000));
        var received = Datagrams(pair.Acceptor).ReceiveDatagramAsync().AsTask();
        await EventuallyAsync(
            pair.Runtime, () =>
            {
                datagrams.TrySendDatagram(Pattern(datagrams.MaxDatagramSize));
                return received.IsCompleted;
            }, "No datagram has arrived.");
        Assert.That((await received).Length, Is.GreaterThanOrEqualTo(1_000));
        Assert.That(datagrams.DroppedDatagrams, Is.Zero);
    });

    [Test]
    public void DatagramThatIsTooLong_IsRefused() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var datagrams = Datagrams(pair.Dialer);
        Assert.That(
            () => datagrams.TrySendDatagram(new byte[datagrams.MaxDatagramSize + 1]),
            Throws.ArgumentException.With.Message.Contains("bytes"));
    });

    [Test]
    public void DatagramsThatAreNotRead_AreDropped_TheOldestFirst_AndCounted() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var (sender, receiver) = (Datagrams(pair.Dialer), Datagrams(pair.Acceptor));
        var last = 0;
        await EventuallyAsync(
            pair.Runtime, () =>
            {
                for (var i = 0; i < 50; i++)
                    sender.TrySendDatagram(BitConverter.GetBytes(last++));
                return receiver.DroppedDatagrams > 0;
            }, "Nothing was dropped.");
        var first = BitConverter.ToInt32((await receiver.ReceiveDatagramAsync()).Span);
        Assert.That(first, Is.Positive, "the first datagrams were dropped");
        var next = BitConverter.ToInt32((await receiver.ReceiveDatagramAsync()).Span);
        Assert.That(next, Is.GreaterThan(first));
    });

    [Test]
    public void CanceledReceive_LosesNoDatagram() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var receiver = Datagrams(pair.Acceptor);
        using var cancel = new CancellationTokenSource();
        var canceled = receiver.ReceiveDatagramAsync(cancel.Token).AsTask();
        cancel.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await canceled);
        var received = receiver.ReceiveDatagramAsync().AsTask();
        await EventuallyAsync(
            pair.Runtime, () => Datagrams(pair.Dialer).TrySendDatagram([7]) && received.IsCompleted, "No datagram has arrived.");
        Assert.That((await received).ToArray(), Is.EqualTo(new byte[] { 7 }));
    });

    [Test]
    public void Datagrams_EndWithTheConnection() => Run(async pair =>
    {
        await pair.RoundTripAsync();
        var receiving = Datagrams(pair.Acceptor).ReceiveDatagramAsync().AsTask();
        pair.Dialer.Close(Code, "over");
        var closed = await FailureOfAsync<TransportClosedException>(async () => await receiving);
        Assert.That((closed.End.Code, closed.End.IsRemote), Is.EqualTo((Code, true)));
        await pair.Dialer.Closed;
        Assert.That(() => Datagrams(pair.Dialer).TrySendDatagram([1]), Throws.InstanceOf<TransportClosedException>());
        await FailureOfAsync<TransportClosedException>(async () => await Datagrams(pair.Dialer).ReceiveDatagramAsync());
    });

    private IDatagramConnection Datagrams(ITransportConnection connection)
    {
        if (!HasDatagrams)
            Assert.Ignore("This transport has no datagrams.");
        Assert.That(connection, Is.InstanceOf<IDatagramConnection>());
        return (IDatagramConnection)connection;
    }
}
