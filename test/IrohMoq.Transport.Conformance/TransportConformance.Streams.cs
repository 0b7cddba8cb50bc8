using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void Connected_EachSideKnowsTheOther() => Run(pair =>
    {
        Assert.Multiple(() =>
        {
            Assert.That(pair.Dialer.RemoteId.ToArray(), Is.EqualTo(pair.Listening.Id.ToArray()));
            Assert.That(pair.Acceptor.RemoteId.ToArray(), Is.EqualTo(pair.Dialing.Id.ToArray()));
            Assert.That(pair.Dialer.Protocol, Is.EqualTo(Protocol));
            Assert.That(pair.Acceptor.Protocol, Is.EqualTo(Protocol));
            Assert.That(pair.Dialer.IsOutbound, Is.True);
            Assert.That(pair.Acceptor.IsOutbound, Is.False);
            Assert.That(pair.Dialer.Closed.IsCompleted || pair.Acceptor.Closed.IsCompleted, Is.False);
        });
        return Task.CompletedTask;
    });

    [Test]
    public void OpenedStream_IsAcceptedWithItsFirstByteAndNotBefore() => Run(async pair =>
    {
        var silent = await pair.Dialer.OpenUniAsync();
        var speaking = await pair.Dialer.OpenUniAsync();
        await speaking.SendAllAsync(new byte[] { 2 });
        var first = await pair.Acceptor.AcceptUniAsync();
        Assert.That(first.Id, Is.EqualTo(speaking.Id));
        Assert.That(await first.ReadToEndAsync(), Is.EqualTo(new byte[] { 2 }));

        await silent.SendAllAsync(new byte[] { 1 });
        var second = await pair.Acceptor.AcceptUniAsync();
        Assert.That(second.Id, Is.EqualTo(silent.Id));
        Assert.That(await second.ReadToEndAsync(), Is.EqualTo(new byte[] { 1 }));
    });

    [Test]
    public void UniStream_CarriesBytes([Values] bool fromDialer) => Run(async pair =>
    {
        var (here, there) = pair.From(fromDialer);
        var bytes = Pattern(100_000);
        var send = await here.OpenUniAsync();
        await send.SendAllAsync(bytes);
        var receive = await there.AcceptUniAsync();
        Assert.That(receive.Id, Is.EqualTo(send.Id));
        Assert.That(await receive.ReadToEndAsync(atOnce: 777), Is.EqualTo(bytes));
    });

    [Test]
    public void BidiStream_CarriesBytesBothWays_AndItsDirectionsEndSeparately([Values] bool fromDialer) => Run(async pair =>
    {
        var (here, there) = pair.From(fromDialer);
        var (question, answer) = (Pattern(50_000, 1), Pattern(70_000, 2));
        var mine = await here.OpenBidiAsync();
        await mine.Send.SendAllAsync(question);
        var theirs = await there.AcceptBidiAsync();
        Assert.That(await theirs.Receive.ReadToEndAsync(), Is.EqualTo(question));
        // The direction of this side has ended; the other one continues.
        await theirs.Send.SendAllAsync(answer);
        Assert.That(await mine.Receive.ReadToEndAsync(), Is.EqualTo(answer));
        Assert.That((await mine.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        Assert.That((await theirs.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
    });

    [Test]
    public void ReadAfterTheEnd_ReturnsZeroAgain() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        await send.SendAllAsync(new byte[] { 7 });
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(await receive.ReadToEndAsync(), Is.EqualTo(new byte[] { 7 }));
        Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);
        receive.Stop(Code);
        Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero, "A stop after the end changes nothing.");
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)));
    });

    [Test]
    public void EmptyStream_IsAcceptedAndEnds() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        send.Finish();
        send.Finish();
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)));
    });

    [Test]
    public void WriteAfterFinish_Fails() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        await send.SendAllAsync(new byte[] { 7 });
        await FailureOfAsync<TransportStreamException>(() => send.WriteAsync(new byte[1]));
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(new byte[] { 7 }));
    });

    [Test]
    public void Reset_ReachesTheReaderWithItsCode() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(new byte[10]);
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(10);
        send.Reset(Code);
        send.Reset(Code + 1);
        var seen = await FailureOfAsync<TransportStreamException>(async () => await receive.ReadAsync(new byte[1]));
        Assert.That((seen.Code, seen.IsRemote), Is.EqualTo((Code, true)));
        var own = await FailureOfAsync<TransportStreamException>(() => send.WriteAsync(new byte[1]));
        Assert.That((own.Code, own.IsRemote), Is.EqualTo((Code, false)));
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Reset, Code)));
        await pair.RoundTripAsync();
    });

    [Test]
    public void ResetBeforeTheFirstByte_MakesTheStreamAcceptable() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        send.Reset(Code);
        var receive = await pair.Acceptor.AcceptUniAsync();
        var seen = await FailureOfAsync<TransportStreamException>(async () => await receive.ReadAsync(new byte[1]));
        Assert.That((seen.Code, seen.IsRemote), Is.EqualTo((Code, true)));
    });

    [Test]
    public void Stop_ReachesTheWriterAndResetsTheStreamWithTheSameCode() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(new byte[10]);
        var receive = await pair.Acceptor.AcceptUniAsync();
        receive.Stop(Code);
        var own = await FailureOfAsync<TransportStreamException>(async () => await receive.ReadAsync(new byte[1]));
        Assert.That((own.Code, own.IsRemote), Is.EqualTo((Code, false)));
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, Code)));
        var seen = await FailureOfAsync<TransportStreamException>(() => send.WriteAsync(new byte[1]));
        Assert.That((seen.Code, seen.IsRemote), Is.EqualTo((Code, true)));
        await pair.RoundTripAsync();
    });

    [Test]
    public void StopOfOneDirection_LeavesTheOther() => Run(async pair =>
    {
        var mine = await pair.Dialer.OpenBidiAsync();
        await mine.Send.WriteAsync(new byte[] { 1 });
        var theirs = await pair.Acceptor.AcceptBidiAsync();
        await theirs.Receive.ReadExactlyAsync(1);
        theirs.Receive.Stop(Code);
        Assert.That((await mine.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        await theirs.Send.SendAllAsync(new byte[] { 2 });
        Assert.That(await mine.Receive.ReadToEndAsync(), Is.EqualTo(new byte[] { 2 }));
    });

    [Test]
    public void ManyStreamsAtOnce_KeepTheirBytesApart() => Run(async pair =>
    {
        const int streams = 200;
        var sending = Enumerable.Range(0, streams).Select(async i =>
        {
            var send = await pair.Dialer.OpenUniAsync();
            await send.WriteAsync(BitConverter.GetBytes(i));
            foreach (var part in Pattern(30_000, i).Chunk(7_000))
                await send.WriteAsync(part);
            send.Finish();
        }).ToArray();
        var receiving = Enumerable.Range(0, streams).Select(async _ =>
        {
            var receive = await pair.Acceptor.AcceptUniAsync();
            var number = BitConverter.ToInt32(await receive.ReadExactlyAsync(4));
            Assert.That(await receive.ReadToEndAsync(), Is.EqualTo(Pattern(30_000, number)));
            return number;
        }).ToArray();
        await Task.WhenAll(sending);
        Assert.That(await Task.WhenAll(receiving), Is.EquivalentTo(Enumerable.Range(0, streams)));
    });
}
