using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Measures that messages without text, paths and lists are encoded and decoded without allocations.</summary>
public sealed class WireAllocationTests
{
    private const int Rounds = 1_000;

    private static readonly DeliveryTerms Terms = new(7, false, 300, 10, 20);

    [Test]
    public void Messages_AllocateNothing([ValueSource(nameof(Versions))] object boxed)
    {
        var version = (MoqVersion)boxed;
        Measure(new SubscribeUpdate(Terms), version);
        Measure(new SubscribeOk(Terms), version);
        Measure(new SubscribeDrop(5, 7, 2), version);
        Measure(new GroupHeader(1_000_000, 70_000), version);
        Measure(new Probe(2_500_000, 35), version);
        if (version >= MoqVersion.Lite05)
        {
            Measure(new AnnounceOk(320_254_236_426_241, 2), version);
            Measure(new SubscribeEnd(9), version);
            Measure(new TrackInfo(1, false, 5_000, 90_000), version);
            Measure(new Setup(ProbeLevel.Report, Role: SessionRole.Subscriber, Cost: 3, Hop: 320_254_236_426_241), version);
        }

        if (version == MoqVersion.Lite06)
        {
            Measure(new AnnounceEnd(64), version);
            Measure(new AnnounceUpdate(3, new Route(default, 1, Route.MaxCost)), version);
            Measure(new SubscribeUpdate(Terms with { FrameStart = 3, FrameEnd = 70 }), version);
        }
    }

    [Test]
    public void AnnouncementsWithoutPathAndHopIds_AllocateNothing()
    {
        Measure(new Announce(true, default, HopPath.Unknown(3)), MoqVersion.Lite03);
        Measure(new Announce(true, default), MoqVersion.Lite05);
        Measure(new AnnounceStart(default, new Route(default, 1, 2)), MoqVersion.Lite06);
        Measure(new AnnounceRequest(default, 7), MoqVersion.Lite04);
    }

    [Test]
    public void Responses_AllocateNothing()
    {
        var bytes = Convert.FromHexString("000104" + "010109" + "0203050702");
        var announcements = Convert.FromHexString("0004000000000" + "10105" + "020403000002" + "0702abcd");
        Assert.That(Step(), Is.EqualTo(bytes.Length + announcements.Length));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        int Step()
        {
            var read = 0;
            for (var rest = bytes.AsSpan(); SubscribeResponse.TryRead(rest, MoqVersion.Lite06, out _, out var n); rest = rest[n..])
                read += n;
            for (var rest = announcements.AsSpan(); AnnounceResponse.TryRead(rest, MoqVersion.Lite06, out _, out var n); rest = rest[n..])
                read += n;
            return read;
        }
    }

    [Test]
    public void FramesAndDatagrams_AllocateNothing([ValueSource(nameof(Versions))] object boxed)
    {
        var version = (MoqVersion)boxed;
        var buffer = new byte[64];
        Assert.That(Step(1), Is.Not.Zero);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0UL; i < Rounds; i++)
            Step(i * 1_000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        ulong Step(ulong n)
        {
            var end = FrameHeader.Write(buffer, n, version, TimestampDelta.Between(n + 5, n));
            if (!FrameHeader.TryRead(buffer.AsSpan(0, end), version, out var delta, out var size, out _) || size != n)
                throw new InvalidOperationException($"{n} does not come back.");
            if (version < MoqVersion.Lite05)
                return size + 1;
            end = new DatagramHeader(n, n, TimestampDelta.Apply(n + 5, delta)).Write(buffer, 0, version);
            return DatagramHeader.TryRead(buffer.AsSpan(0, end), version, out var header, out _) && header.Timestamp == n
                ? size + header.Sequence
                : throw new InvalidOperationException($"{n} does not come back.");
        }
    }

    private static IEnumerable<MoqVersion> Versions() => MoqVersions.Known;

    private static void Measure<T>(T message, MoqVersion version)
        where T : struct, IMessage<T>
    {
        var buffer = new byte[message.MaxEncodedSize];
        var sum = Step(buffer, message, version);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            sum += Step(buffer, message, version);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero, $"{T.Name}, {version}");
        Assert.That(sum, Is.Not.Zero);

        static int Step(byte[] buffer, T message, MoqVersion version)
        {
            var n = message.Encode(buffer, version);
            return MessageCodec.TryRead<T>(buffer.AsSpan(0, n), version, out _, out var consumed) && consumed == n
                ? n
                : throw new InvalidOperationException($"{message} does not come back.");
        }
    }
}
