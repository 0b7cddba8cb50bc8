using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>
    /// Gets the maximum number of bytes that the peer sends on a stream whose credit is withheld: the initial window of a stream.
    /// </summary>
    protected virtual long MostWithheld => 2L << 20;

    /// <summary>Gets a value that indicates whether the streams of the peer are <see cref="IFlowControlledStream"/>.</summary>
    protected virtual bool HasWithheldCredit => true;

    [Test]
    public void WithheldStream_IsReadToItsWindow_AndContinuesWithCredit() => Run(async pair =>
    {
        IgnoreWithoutWithheldCredit();
        var bytes = Pattern(8 << 20);
        var send = await pair.Dialer.OpenUniAsync();
        var writing = send.SendAllAsync(bytes).AsTask();
        var receive = await AcceptWithheldAsync(pair);
        var read = await StartReading(receive).UntilItStandsStillAsync(pair);
        Assert.That(read.Count, Is.GreaterThan(0).And.LessThanOrEqualTo(MostWithheld));
        Assert.That(writing.IsCompleted, Is.False);

        ((IFlowControlledStream)receive).IsCreditWithheld = false;
        Assert.That((await read.Task).AsSpan().SequenceEqual(bytes), Is.True);
        await writing;
    });

    [Test]
    public void WithheldStreams_DoNotUseUpTheConnectionsCredit() => Run(async pair =>
    {
        IgnoreWithoutWithheldCredit();
        // The initial windows of the streams are together more than that of any connection.
        const int streams = 20;
        const int read = 1_000_000;
        var bytes = new byte[8 << 20];
        var writing = new List<Task>();
        var withheld = new List<IReceiveStream>();
        for (var i = 0; i < streams; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            writing.Add(send.WriteAsync(bytes).AsTask());
            var receive = await AcceptWithheldAsync(pair);
            await receive.ReadExactlyAsync(read);
            withheld.Add(receive);
        }

        var last = await pair.Dialer.OpenUniAsync();
        var flowing = last.SendAllAsync(Pattern(3 << 20)).AsTask();
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(Pattern(3 << 20)));
        await flowing;
        Assert.That(writing.Any(write => write.IsCompleted), Is.False);
        foreach (var receive in withheld)
            receive.Stop(Code);
        foreach (var write in writing)
            await FailureOfAsync<TransportStreamException>(async () => await write);
    });

    [Test]
    public void CreditThatIsWithheldAgainAndAgain_LosesNoBytes() => Run(async pair =>
    {
        IgnoreWithoutWithheldCredit();
        var bytes = Pattern(6 << 20);
        var send = await pair.Dialer.OpenUniAsync();
        var writing = send.SendAllAsync(bytes).AsTask();
        var receive = await AcceptWithheldAsync(pair);
        var credit = (IFlowControlledStream)receive;
        var all = new MemoryStream();
        var buffer = new byte[32 << 10];
        for (var i = 0; await receive.ReadAsync(buffer) is > 0 and var count; i++)
        {
            all.Write(buffer, 0, count);
            // The credit is never withheld for longer than the window lasts.
            credit.IsCreditWithheld = i % 8 != 0;
        }

        Assert.That(all.ToArray().AsSpan().SequenceEqual(bytes), Is.True);
        await writing;
    });

    private void IgnoreWithoutWithheldCredit()
    {
        if (!HasWithheldCredit)
            Assert.Ignore("This transport cannot withhold the credit of a stream.");
    }

    private static async ValueTask<IReceiveStream> AcceptWithheldAsync(ConnectedPair pair)
    {
        var receive = await pair.Acceptor.AcceptUniAsync();
        ((IFlowControlledStream)receive).IsCreditWithheld = true;
        return receive;
    }

    private static Reading StartReading(IReceiveStream receive) => new(receive);

    /// <summary>Reads a stream to its end and counts its bytes.</summary>
    private sealed class Reading
    {
        private long _count;

        public Reading(IReceiveStream receive) => Task = ReadAsync(receive);

        public long Count => Interlocked.Read(ref _count);

        public Task<byte[]> Task { get; }

        public async ValueTask<Reading> UntilItStandsStillAsync(ConnectedPair pair)
        {
            for (var before = -1L; before != Count;)
            {
                before = Count;
                for (var i = 0; i < 10; i++)
                    await pair.RoundTripAsync();
            }

            return this;
        }

        private async Task<byte[]> ReadAsync(IReceiveStream receive)
        {
            var all = new MemoryStream();
            var buffer = new byte[32 << 10];
            while (await receive.ReadAsync(buffer) is > 0 and var count)
            {
                all.Write(buffer, 0, count);
                Interlocked.Add(ref _count, count);
            }

            return all.ToArray();
        }
    }
}
