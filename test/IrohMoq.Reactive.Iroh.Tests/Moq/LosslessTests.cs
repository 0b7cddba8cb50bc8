using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Every byte of a lossless track arrives over QUIC at a reader that is always behind: it reads a frame only while the writer waits.
/// </summary>
public sealed class LosslessTests
{
    private const int Kept = 256 << 10;

    /// <summary>The number of bytes written, several times as many as both sides keep.</summary>
    private const int Bytes = 24 << 20;

    private const int MostGroups = 3_000;

    [Test]
    [CancelAfter(20_000)]
    public async Task ReaderThatIsAlwaysBehind_ReceivesEveryByte(
        [Values(1, 64)] int frames, [Values(100, 64 << 10, 1 << 20)] int groupSize,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order, CancellationToken ct)
    {
        var (groups, size) = (Math.Min(Bytes / groupSize, MostGroups) & ~1, groupSize / frames);
        await using var pair = await MoqPair.StartAsync(
            subscriber: new MoqOptions { Limits = SessionLimits.Default with { ReceivedShare = Kept } });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true, MaxCachedBytes = Kept });
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        var writer = new Writer(track);
        var writing = writer.WriteAsync(groups, frames, size, ct);
        var seen = new List<ulong>();
        await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = order }, ct))
        {
            seen.Add(group.Sequence);
            await Payload.ReadAsync(group, size, frames, ct, () => writer.WhileItWaitsAsync(ct));
        }

        await writing;
        var whole = Enumerable.Range(0, groups).Select(static number => (ulong)number);
        Assert.That(seen, order == GroupOrder.Sequence ? Is.EqualTo(whole) : Is.EquivalentTo(whole));
        Assert.That(writer.Waits, Is.GreaterThan(1), "the reader was behind");
        await track.WaitForNoSubscriberAsync(ct);
        Assert.That(track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 0)));
    }

    /// <summary>Writes as fast as possible, and signals when it has to wait.</summary>
    private sealed class Writer(TrackProducer track)
    {
        private readonly Signal _changed = new(ThreadPoolRuntime.Instance);
        private volatile bool _isHeldBack;

        public int Waits { get; private set; }

        public async Task WriteAsync(int groups, int frames, int size, CancellationToken ct)
        {
            await track.WaitForSubscriberAsync(ct);
            for (var i = 0; i < groups; i++)
            {
                // The numbers of each two groups are swapped except the first two, so that the order of arrival is not the order of the
                // numbers.
                using var group = track.CreateGroup((ulong)(i < 2 ? i : i ^ 1));
                for (var f = 0; f < frames; f++)
                    await NoteAsync(group.WriteAsync(Payload.Of(group.Sequence, f, size), ct).AsTask());
                group.Finish();
            }

            track.Finish();
            _isHeldBack = true;
            _changed.Set();
        }

        /// <summary>Waits until the writer waits or has written everything.</summary>
        public async Task WhileItWaitsAsync(CancellationToken ct)
        {
            while (!_isHeldBack)
                await _changed.WaitAsync(ct);
        }

        private async Task NoteAsync(Task write)
        {
            if (!write.IsCompleted)
            {
                Waits++;
                _isHeldBack = true;
                _changed.Set();
                await write;
                _isHeldBack = false;
            }

            await write;
        }
    }
}
