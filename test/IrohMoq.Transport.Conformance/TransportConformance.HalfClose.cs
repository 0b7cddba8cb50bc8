using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    public enum FinishOrder
    {
        OpenerFirst,
        AcceptorFirst,
        AtOnce,
        OpenerBeforeTheStreamIsAccepted,
    }

    private static readonly StreamEnd Acknowledged = new(StreamEndCause.Acknowledged, 0);

    /// <summary>
    /// Gets a number of bytes that can be written to a stream that nobody reads, and of which not all can be sent: a little more than the
    /// initial window of a stream.
    /// </summary>
    protected virtual int MoreThanAWindow => 1_500_000;

    [Test]
    public void HalfClose_OneDirectionFinishes_AndTheOtherGoesOnForLong([Values] bool openerFinishes) => Run(async pair =>
    {
        const int messages = 300;
        const int length = 20_000;
        var (mine, theirs) = await OpenBidiAsync(pair, first: 1);
        var (ending, going) = openerFinishes ? (mine, theirs) : (theirs, mine);
        await ending.Send.SendAllAsync(Pattern(5_000));
        Assert.That(await going.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(5_000)));
        Assert.That(await ending.Send.Closed, Is.EqualTo(Acknowledged));
        var writing = WriteAllAsync();
        for (var i = 0; i < messages; i++)
        {
            var message = await ending.Receive.ReadExactlyAsync(length);
            Assert.That(message.AsSpan().SequenceEqual(Pattern(length, i)), Is.True, $"message {i}");
            if (i % 100 != 0)
                continue;
            Assert.That(await going.Receive.ReadAsync(new byte[1]), Is.Zero, "the direction that has ended stays so");
            await FailureOfAsync<TransportStreamException>(() => ending.Send.WriteAsync(new byte[1]));
            await pair.RoundTripAsync();
        }

        await writing;
        Assert.That(going.Send.Closed.IsCompleted, Is.False);
        going.Send.Finish();
        Assert.That(await ending.Receive.ReadAsync(new byte[1]), Is.Zero);
        Assert.That(await going.Send.Closed, Is.EqualTo(Acknowledged));

        async Task WriteAllAsync()
        {
            for (var i = 0; i < messages; i++)
                await going.Send.WriteAsync(Pattern(length, i));
        }
    });

    [Test]
    public void HalfClose_BothDirectionsFinish_InEachOrder(
        [Values] FinishOrder order, [Values(0, 10, 200_000)] int length) => Run(async pair =>
    {
        var mine = await pair.Dialer.OpenBidiAsync();
        await mine.Send.WriteAsync(new byte[] { 1 });
        var early = order == FinishOrder.OpenerBeforeTheStreamIsAccepted ? mine.Send.SendAllAsync(Pattern(length, 1)).AsTask() : null;
        if (early is not null)
            await pair.RoundTripAsync();
        var theirs = await AcceptBidiAsync(pair, mine.Send.Id);
        await theirs.Receive.ReadExactlyAsync(1);
        if (early is not null)
            await early;
        if (order == FinishOrder.OpenerFirst)
            await FinishAndReadAsync(mine, theirs, 1);
        if (order != FinishOrder.AtOnce)
            await FinishAndReadAsync(theirs, mine, 2);
        if (order == FinishOrder.AcceptorFirst)
            await FinishAndReadAsync(mine, theirs, 1);
        if (early is not null)
            Assert.That(await theirs.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(length, 1)));
        if (order == FinishOrder.AtOnce)
            await Task.WhenAll(FinishAndReadAsync(mine, theirs, 1), FinishAndReadAsync(theirs, mine, 2));
        Assert.That((await mine.Send.Closed, await theirs.Send.Closed), Is.EqualTo((Acknowledged, Acknowledged)));

        async Task FinishAndReadAsync(BidiStream from, BidiStream to, int seed)
        {
            var sending = from.Send.SendAllAsync(Pattern(length, seed)).AsTask();
            Assert.That(await to.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(length, seed)));
            await sending;
        }
    });

    /// <summary>The end has arrived, and the reader stops without having read the bytes before it.</summary>
    [Test]
    public void StopAfterTheEndHasArrived_DropsWhatIsUnread_AndChangesNothingForTheWriter([Values] bool isBidi) => Run(async pair =>
    {
        var (mine, theirs) = await OpenAsync(pair, isBidi);
        await mine.Send.SendAllAsync(Pattern(100_000));
        await theirs.Receive.ReadExactlyAsync(1_000);
        Assert.That(await mine.Send.Closed, Is.EqualTo(Acknowledged));
        theirs.Receive.Stop(Code);
        var seen = await FailureOfAsync<TransportStreamException>(async () => await theirs.Receive.ReadAsync(new byte[1]));
        Assert.That((seen.Code, seen.IsRemote), Is.EqualTo((Code, false)));
        theirs.Receive.Stop(Code + 1);
        await pair.RoundTripAsync();
        Assert.That(await mine.Send.Closed, Is.EqualTo(Acknowledged));
        if (!isBidi)
            return;
        await theirs.Send.SendAllAsync(Pattern(1_000));
        Assert.That(await mine.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(1_000)));
    });

    /// <summary>The end is queued behind bytes for which there is no credit.</summary>
    [Test]
    public void StopBeforeTheEndIsSent_EndsTheFinishedStream([Values] bool isBidi) => Run(async pair =>
    {
        var (mine, theirs) = await OpenAsync(pair, isBidi);
        await mine.Send.WriteAsync(new byte[MoreThanAWindow]);
        mine.Send.Finish();
        theirs.Receive.Stop(Code);
        Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, Code)));
        mine.Send.Finish();
        mine.Send.Reset(Code + 1);
        await pair.RoundTripAsync();
        Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, Code)));
    });

    [Test]
    public void StreamsThatAreStoppedAfterTheirEnd_ReturnTheirConnectionCredit() => Run(async pair =>
    {
        // Together more than the window of any connection.
        for (var i = 0; i < 40; i++)
        {
            var (mine, theirs) = await OpenAsync(pair, isBidi: i % 2 == 0);
            await mine.Send.SendAllAsync(new byte[900_000]);
            await mine.Send.Closed;
            await theirs.Receive.ReadExactlyAsync(1);
            theirs.Receive.Stop(Code);
        }

        var (last, lastOfPeer) = await OpenAsync(pair, isBidi: false);
        await last.Send.SendAllAsync(Pattern(900_000));
        Assert.That(await lastOfPeer.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(900_000)));
    });

    [Test]
    public void ResetAfterAPartialRead_FailsTheReader_AndLeavesTheOtherDirection([Values] bool isBidi) => Run(async pair =>
    {
        var (mine, theirs) = await OpenAsync(pair, isBidi);
        var sent = Pattern(200_000);
        await mine.Send.WriteAsync(sent);
        var read = await theirs.Receive.ReadExactlyAsync(1_000);
        Assert.That(read, Is.EqualTo(sent[..1_000]));
        mine.Send.Reset(Code);
        // Bytes before the reset may be read or be dropped, but they are never others.
        var (rest, failure) = await ReadToFailureAsync(theirs.Receive);
        Assert.That(sent.AsSpan(1_000).StartsWith(rest), Is.True);
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((Code, true)));
        var again = await FailureOfAsync<TransportStreamException>(async () => await theirs.Receive.ReadAsync(new byte[1]));
        Assert.That((again.Code, again.IsRemote), Is.EqualTo((Code, true)));
        theirs.Receive.Stop(Code + 1);
        Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Reset, Code)));
        if (!isBidi)
            return;
        await theirs.Send.SendAllAsync(Pattern(1_000));
        Assert.That(await mine.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(1_000)));
        Assert.That(await theirs.Send.Closed, Is.EqualTo(Acknowledged));
    });

    [Test]
    public void ResetOfAFinishedStream_TakesEffectUntilTheEndIsAcknowledged([Values] bool isBidi) => Run(async pair =>
    {
        var (mine, theirs) = await OpenAsync(pair, isBidi);
        await mine.Send.WriteAsync(new byte[MoreThanAWindow]);
        mine.Send.Finish();
        mine.Send.Reset(Code);
        var (_, failure) = await ReadToFailureAsync(theirs.Receive);
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((Code, true)));
        Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Reset, Code)));

        var (other, otherOfPeer) = await OpenAsync(pair, isBidi);
        await other.Send.SendAllAsync(Pattern(1_000));
        Assert.That(await other.Send.Closed, Is.EqualTo(Acknowledged));
        other.Send.Reset(Code);
        await pair.RoundTripAsync();
        Assert.That(await otherOfPeer.Receive.ReadToEndAsync(), Is.EqualTo(Pattern(1_000)));
        Assert.That(await other.Send.Closed, Is.EqualTo(Acknowledged));
    });

    private static async ValueTask<(byte[] Bytes, TransportStreamException Failure)> ReadToFailureAsync(IReceiveStream receive)
    {
        var all = new MemoryStream();
        var buffer = new byte[32 << 10];
        while (true)
        {
            try
            {
                var count = await receive.ReadAsync(buffer);
                Assert.That(count, Is.Positive, "The stream has ended normally.");
                all.Write(buffer, 0, count);
            }
            catch (TransportStreamException failure)
            {
                return (all.ToArray(), failure);
            }
        }
    }

    /// <summary>Opens a stream of the dialer whose first byte has been read. A unidirectional one has only one direction.</summary>
    private static async ValueTask<(BidiStream Mine, BidiStream Theirs)> OpenAsync(ConnectedPair pair, bool isBidi)
    {
        if (isBidi)
            return await OpenBidiAsync(pair, first: 7);
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(new byte[] { 7 });
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(1);
        return (new BidiStream(send, null!), new BidiStream(null!, receive));
    }

    private static async ValueTask<(BidiStream Mine, BidiStream Theirs)> OpenBidiAsync(ConnectedPair pair, byte first)
    {
        var mine = await pair.Dialer.OpenBidiAsync();
        await mine.Send.WriteAsync(new[] { first });
        var theirs = await AcceptBidiAsync(pair, mine.Send.Id);
        Assert.That(await theirs.Receive.ReadExactlyAsync(1), Is.EqualTo(new[] { first }));
        return (mine, theirs);
    }

    private static async ValueTask<BidiStream> AcceptBidiAsync(ConnectedPair pair, long id)
    {
        var accepted = await pair.Acceptor.AcceptBidiAsync();
        Assert.That(accepted.Send.Id, Is.EqualTo(id));
        return accepted;
    }
}
