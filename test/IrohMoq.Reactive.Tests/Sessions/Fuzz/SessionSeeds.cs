using System.Buffers;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Makes what an honest peer sends in each version, from which the inputs of the fuzzer are mutations.</summary>
internal static class SessionSeeds
{
    // The types of the streams of the session, in the upper half of the number of a step.
    private const byte Announce = (byte)BidiStreamType.Announce << 4;
    private const byte Subscribe = (byte)BidiStreamType.Subscribe << 4;
    private const byte Fetch = (byte)BidiStreamType.Fetch << 4;
    private const byte Probe = (byte)BidiStreamType.Probe << 4;
    private const byte Track = (byte)BidiStreamType.Track << 4;

    private static readonly DeliveryTerms Terms = new(7, MaxLatency: 300, StartGroup: 0);

    public static IEnumerable<SessionStep[]> Of(MoqVersion version)
    {
        yield return [];
        foreach (var opening in Openings(version))
        {
            yield return [new(StepKind.OpenBidi, 0, opening)];
            yield return [new(StepKind.OpenBidi, 0, opening), Step(StepKind.Finish)];
        }

        if (version >= MoqVersion.Lite05)
        {
            yield return [Setup(version)];
            yield return [Setup(version), Setup(version)];
        }

        yield return [new(StepKind.OpenUni, 0, Group(version, 9, 9)), Step(StepKind.Finish)];
        yield return
        [
            new(StepKind.OpenBidi, 0, Open(new IrohMoq.Reactive.Wire.Subscribe(1, "a", "t", Terms), version)), Step(StepKind.Wait, 10),
            new(StepKind.Write, 0, Message(new SubscribeUpdate(Terms with { Priority = 9 }), version)), Step(StepKind.Wait, 10),
            new(StepKind.Stop, 0, [1]), Step(StepKind.Finish),
        ];
        yield return Published(version);
        if (version >= MoqVersion.Lite05)
            yield return [.. Published(version), new(StepKind.Datagram, 0, [0, 7, 0, 1, 2, 3])];
    }

    private static IEnumerable<byte[]> Openings(MoqVersion version)
    {
        yield return Open(new AnnounceRequest(""), version);
        yield return Open(new IrohMoq.Reactive.Wire.Subscribe(1, "a", "t", Terms), version);
        yield return Open(new IrohMoq.Reactive.Wire.Subscribe(1, "a", "none", Terms), version);
        yield return Open(new IrohMoq.Reactive.Wire.Fetch("a", "t", 0, 1), version);
        yield return Open(new IrohMoq.Reactive.Wire.Probe(1_000), version);
        if (version >= MoqVersion.Lite04)
            yield return Open(new Goaway(""), version);
        if (version >= MoqVersion.Lite05)
            yield return Open(new TrackRequest("a", "t"), version);
    }

    // The session reads three tracks, fetches two groups of another one, and asks how fast the peer can send.
    private static SessionStep[] Published(MoqVersion version)
    {
        var steps = new List<SessionStep>();
        var hasTrackInfo = version >= MoqVersion.Lite05;
        if (hasTrackInfo)
        {
            steps.Add(Setup(version));
            steps.Add(new(StepKind.Answer, Announce, Message(new AnnounceOk(77, 1), version)));
        }

        steps.Add(new(
            StepKind.Answer, Announce,
            version == MoqVersion.Lite06
                ? Message(new AnnounceStart("x"), version)
                : Message(new IrohMoq.Reactive.Wire.Announce(true, "x"), version)));
        for (byte track = 0; track < 2; track++)
        {
            var ok = new SubscribeOk(hasTrackInfo ? new DeliveryTerms(StartGroup: 0) : new DeliveryTerms(1, true, 5_000, StartGroup: 0));
            if (hasTrackInfo)
                steps.Add(new(StepKind.Answer, (byte)(Track | track), Message(new TrackInfo(1, false, 5_000, 1_000), version)));
            steps.Add(new(StepKind.Answer, (byte)(Subscribe | track), Message(ok, version)));
            for (var group = 0UL; group < 2; group++)
            {
                steps.Add(new(StepKind.OpenUni, 0, Group(version, track, group)));
                steps.Add(Step(StepKind.Finish, (byte)(Opened() - 1)));
            }
        }

        steps.Add(new(StepKind.Answer, Probe, Message(new IrohMoq.Reactive.Wire.Probe(8_000, version.HasHops ? 20UL : null), version)));
        if (hasTrackInfo)
            steps.Add(new(StepKind.Answer, Track | 2, Message(new TrackInfo(1, false, 5_000, 1_000), version)));
        for (byte group = 0; group < 2; group++)
            steps.AddRange(Fetched(version, group, Opened()));
        steps.AddRange(ReadFromNewest(version, Opened()));
        steps.Add(Step(StepKind.Wait, 10));
        for (byte track = 0; track < 2; track++)
        {
            steps.Add(new(StepKind.Answer, (byte)(Subscribe | track), Message(new SubscribeDrop(2, 3, 2), version)));
            if (hasTrackInfo)
                steps.Add(new(StepKind.Answer, (byte)(Subscribe | track), Message(new SubscribeEnd(3), version)));
            steps.Add(Step(StepKind.FinishAnswer, (byte)(Subscribe | track)));
        }

        return [.. steps];

        int Opened() => steps.Count(static step => step.Kind == StepKind.OpenUni);
    }

    /// <summary>
    /// Returns the answers to a reader of a group that does not exist, and to the second subscription, for a reader of the newest one.
    /// </summary>
    private static IEnumerable<SessionStep> ReadFromNewest(MoqVersion version, int opened)
    {
        // Up to moq-lite-04, the fetches are subscriptions too.
        var (first, second) = version.HasFetch ? ((byte)2, (byte)3) : ((byte)3, (byte)5);
        if (version.HasTrackInfo)
            yield return new(StepKind.Answer, Track | 3, Message(new TrackInfo(1, false, 5_000, 1_000), version));
        else
            yield return new(StepKind.Answer, (byte)(Subscribe | first), Message(new SubscribeOk(new DeliveryTerms()), version));
        // The time after which the second subscription is made.
        for (var i = 0; i < 7; i++)
            yield return Step(StepKind.Wait, 15);
        if (version.HasTrackInfo)
            yield return new(StepKind.Answer, Track | 4, Message(new TrackInfo(1, false, 5_000, 1_000), version));
        yield return new(StepKind.OpenUni, 0, Group(version, second, 5));
        yield return Step(StepKind.Finish, (byte)opened);
        yield return new(StepKind.Answer, (byte)(Subscribe | second), Message(new SubscribeOk(new DeliveryTerms(StartGroup: 5)), version));
        if (version.HasTrackInfo)
            yield return new(StepKind.Answer, (byte)(Subscribe | second), Message(new SubscribeEnd(6), version));
        yield return Step(StepKind.FinishAnswer, (byte)(Subscribe | second));
    }

    /// <summary>Returns the answer to the request of a group, which is a subscription where the version has no FETCH.</summary>
    private static IEnumerable<SessionStep> Fetched(MoqVersion version, byte group, int opened)
    {
        if (version.HasFetch)
        {
            // The second request is for the frames from 1 on.
            var count = version.HasRoutes ? 3 - group : 3;
            yield return new(StepKind.Answer, (byte)(Fetch | group), Frames(version, count));
            yield return Step(StepKind.FinishAnswer, (byte)(Fetch | group));
            yield break;
        }

        var id = (byte)(2 + (2 * group));
        var terms = new DeliveryTerms(1, true, 5_000, StartGroup: group);
        yield return new(StepKind.Answer, (byte)(Subscribe | id), Message(new SubscribeOk(terms), version));
        yield return new(StepKind.OpenUni, 0, Group(version, id, group));
        yield return Step(StepKind.Finish, (byte)opened);
    }

    private static SessionStep Step(StepKind kind, byte stream = 0) => new(kind, stream, []);

    private static SessionStep Setup(MoqVersion version) => new(StepKind.OpenUni, 0, Open(new Setup(ProbeLevel.Report, Hop: 77), version));

    private static byte[] Group(MoqVersion version, ulong subscription, ulong sequence)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Open(new GroupHeader(subscription, sequence), version));
        output.Write(Frames(version, 3));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Frames(MoqVersion version, int count)
    {
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            var frame = output.GetSpan(FrameHeader.MaxSize);
            output.Advance(FrameHeader.Write(frame, 5, version));
            output.Write("hello"u8);
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] Open<T>(T message, MoqVersion version)
        where T : struct, IOpeningMessage<T>
    {
        var output = new ArrayBufferWriter<byte>();
        message.EncodeOpening(output, version);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Message<T>(T message, MoqVersion version)
        where T : struct, IMessage<T>
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output, version);
        return output.WrittenSpan.ToArray();
    }
}
