using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void Close_BothSidesSeeCodeReasonAndSide([Values] bool fromDialer) => Run(async pair =>
    {
        var (here, there) = pair.From(fromDialer);
        here.Close(4711, "enough — für heute");
        here.Close(1, "too late");
        Assert.That(
            await here.Closed,
            Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 4711, "enough — für heute", IsRemote: false)));
        Assert.That(
            await there.Closed,
            Is.EqualTo(new TransportEnd(
                TransportEndCause.ClosedByApplication, 4711, HasCloseReasons ? "enough — für heute" : "", IsRemote: true)));
        there.Close(2, "too late as well");
        Assert.That((await there.Closed).Code, Is.EqualTo(4711));
    });

    [Test]
    public void Close_CarriesTheLargestCodeAndAnEmptyReason() => Run(async pair =>
    {
        pair.Dialer.Close((1UL << 62) - 1, "");
        Assert.That(
            await pair.Acceptor.Closed,
            Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, (1UL << 62) - 1, "", IsRemote: true)));
    });

    [Test]
    public void Close_LongReasonIsCut() => Run(async pair =>
    {
        if (!HasCloseReasons)
            Assert.Ignore("This transport does not carry the text of a close.");
        var reason = string.Concat(Enumerable.Repeat("because ", 10_000));
        pair.Dialer.Close(3, reason);
        var end = await pair.Acceptor.Closed;
        Assert.That(end.Code, Is.EqualTo(3));
        Assert.That(end.Reason, Has.Length.GreaterThan(100));
        Assert.That(reason, Does.StartWith(end.Reason));
    });

    [Test]
    public void Dispose_ClosesWithZero() => Run(async pair =>
    {
        await pair.Dialer.DisposeAsync();
        await pair.Dialer.DisposeAsync();
        var end = await pair.Acceptor.Closed;
        Assert.That((end.Cause, end.Code, end.IsRemote), Is.EqualTo((TransportEndCause.ClosedByApplication, 0UL, true)));
    });

    [Test]
    public void DisposeOfTheEndpoint_ClosesItsConnections() => Run(async pair =>
    {
        await pair.Listening.DisposeAsync();
        var end = await pair.Dialer.Closed;
        Assert.That((end.Cause, end.Code, end.IsRemote), Is.EqualTo((TransportEndCause.ClosedByApplication, 0UL, true)));
        Assert.That((await pair.Acceptor.Closed).IsRemote, Is.False);
        Assert.That(await pair.Listening.Closed, Is.Null);
    });

    [Test]
    public void PendingAndLaterCalls_FailWithTheEnd([Values] bool isRemote) => Run(async pair =>
    {
        var mine = await pair.Dialer.OpenBidiAsync();
        await mine.Send.WriteAsync(new byte[1]);
        var theirs = await pair.Acceptor.AcceptBidiAsync();
        var full = await pair.Dialer.OpenUniAsync();
        Func<ValueTask>[] calls =
        [
            async () => await mine.Receive.ReadAsync(new byte[1]),
            async () => await full.WriteAsync(new byte[MostUnread * 2]),
            async () => await pair.Dialer.AcceptUniAsync(),
            async () => await pair.Dialer.AcceptBidiAsync(),
        ];
        var pending = calls.Select(call => call().AsTask()).ToArray();
        await theirs.Receive.ReadExactlyAsync(1);
        Assert.That(pending.Any(call => call.IsCompleted), Is.False);

        (isRemote ? pair.Acceptor : pair.Dialer).Close(7, "over");
        var end = await pair.Dialer.Closed;
        Assert.That((end.Code, end.IsRemote), Is.EqualTo((7UL, isRemote)));
        foreach (var call in pending)
            Assert.That((await FailureOfAsync<TransportClosedException>(async () => await call)).End, Is.EqualTo(end));

        Func<ValueTask>[] later =
        [
            .. calls,
            async () => await pair.Dialer.OpenUniAsync(),
            async () => await pair.Dialer.OpenBidiAsync(),
            () => mine.Send.WriteAsync(new byte[1]),
        ];
        foreach (var call in later)
            Assert.That((await FailureOfAsync<TransportClosedException>(call)).End, Is.EqualTo(end));
        Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.ConnectionClosed, 0)));

        // A call that ends a stream has no effect on a stream that has ended.
        mine.Send.Finish();
        mine.Send.Reset(Code);
        mine.Receive.Stop(Code);
        full.Reset(Code);
    });

    [Test]
    public void DataThatArrivedBeforeAClose_IsAcceptedAndReadAfterIt() => Run(async pair =>
    {
        IgnoreWithoutUnreadData();
        var bytes = Pattern(100_000);
        var whole = await pair.Dialer.OpenUniAsync();
        await whole.SendAllAsync(bytes);
        Assert.That((await whole.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        pair.Dialer.Close(5, "that was it");
        var end = await pair.Acceptor.Closed;

        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(await receive.ReadToEndAsync(), Is.EqualTo(bytes));
        Assert.That(
            (await FailureOfAsync<TransportClosedException>(async () => await pair.Acceptor.AcceptUniAsync())).End, Is.EqualTo(end));
    });

    [Test]
    public void UnreadData_IsDroppedWhenThisSideCloses() => Run(async pair =>
    {
        var whole = await pair.Dialer.OpenUniAsync();
        await whole.SendAllAsync(Pattern(100_000));
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(10);
        var unaccepted = await pair.Dialer.OpenUniAsync();
        await unaccepted.SendAllAsync(Pattern(100_000));
        await unaccepted.Closed;
        Assert.That((await whole.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        pair.Acceptor.Close(5, "enough");
        var end = await pair.Acceptor.Closed;
        Assert.That(
            (await FailureOfAsync<TransportClosedException>(async () => await receive.ReadAsync(new byte[1]))).End, Is.EqualTo(end));
        Assert.That(
            (await FailureOfAsync<TransportClosedException>(async () => await pair.Acceptor.AcceptUniAsync())).End, Is.EqualTo(end));
    });

    [Test]
    public void UnreadData_IsDroppedWhenAConnectionThatThePeerClosedIsDisposed() => Run(async pair =>
    {
        IgnoreWithoutUnreadData();
        var whole = await pair.Dialer.OpenUniAsync();
        await whole.SendAllAsync(Pattern(100_000));
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That((await whole.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        pair.Dialer.Close(5, "enough");
        var end = await pair.Acceptor.Closed;
        await receive.ReadExactlyAsync(10);
        await pair.Acceptor.DisposeAsync();
        Assert.That(
            (await FailureOfAsync<TransportClosedException>(async () => await receive.ReadAsync(new byte[1]))).End, Is.EqualTo(end));
    });

    [Test]
    public void UnfinishedStream_IsReadAsFarAsItArrived_ThenFailsWithTheClose() => Run(async pair =>
    {
        IgnoreWithoutUnreadData();
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(new byte[1000]);
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(400);
        await pair.RoundTripAsync();
        pair.Dialer.Close(5, "in the middle");
        var end = await pair.Acceptor.Closed;
        await receive.ReadExactlyAsync(600);
        Assert.That(
            (await FailureOfAsync<TransportClosedException>(async () => await receive.ReadAsync(new byte[1]))).End, Is.EqualTo(end));
    });
}
