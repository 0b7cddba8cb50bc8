using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    private const int UnreadStreams = 40;
    private const int UnreadPart = 64 << 10;

    /// <summary>
    /// Gets the maximum number of bytes that writers can write to all streams of a connection together while nothing is read: the window
    /// of the connection, and a queue for each stream.
    /// </summary>
    protected virtual long MostUnreadOfConnection => (16L << 20) + (UnreadStreams * ((1L << 20) + UnreadPart));

    [Test]
    public void UnreadStreams_TogetherTakeNoMoreThanTheWindowOfTheConnection_AndThenDeliverAll() => Run(async pair =>
    {
        const int parts = 48;
        var written = 0L;
        var sending = new List<Task>();
        for (var i = 0; i < UnreadStreams; i++)
            sending.Add(WriteAllAsync(await pair.Dialer.OpenUniAsync(), i));

        // A round trip would need credit of the connection as well. A longer wait could only find more.
        for (var before = -1L; before != Interlocked.Read(ref written);)
        {
            before = Interlocked.Read(ref written);
            await pair.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100));
        }

        Assert.That(sending.Any(static sent => sent.IsCompleted), Is.False);
        Assert.That(Interlocked.Read(ref written), Is.LessThanOrEqualTo(MostUnreadOfConnection));
        var receiving = Enumerable.Range(0, UnreadStreams).Select(_ => ReadAllAsync()).ToArray();
        Assert.That(await Task.WhenAll(receiving), Is.EquivalentTo(Enumerable.Range(0, UnreadStreams)));
        await Task.WhenAll(sending);

        async Task WriteAllAsync(ISendStream send, int number)
        {
            for (var i = 0; i < parts; i++)
            {
                await send.WriteAsync(i == 0 ? [(byte)number, .. Pattern(UnreadPart - 1, number)] : Pattern(UnreadPart, number));
                Interlocked.Add(ref written, UnreadPart);
            }

            send.Finish();
        }

        async Task<int> ReadAllAsync()
        {
            var receive = await pair.Acceptor.AcceptUniAsync();
            var number = (await receive.ReadExactlyAsync(1))[0];
            Assert.That(await receive.ReadExactlyAsync(UnreadPart - 1), Is.EqualTo(Pattern(UnreadPart - 1, number)));
            for (var i = 1; i < parts; i++)
                Assert.That((await receive.ReadExactlyAsync(UnreadPart)).AsSpan().SequenceEqual(Pattern(UnreadPart, number)), Is.True);
            Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);
            return number;
        }
    });
}
