using System.Buffers;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Makes what an honest peer sends in each version, from which the inputs of the fuzzer are mutations.</summary>
internal static class SessionSeeds
{
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
            new(StepKind.OpenBidi, 0, Open(new Subscribe(1, "a", "t", Terms), version)), Step(StepKind.Wait, 10),
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
        yield return Open(new Subscribe(1, "a", "t", Terms), version);
        yield return Open(new Subscribe(1, "a", "none", Terms), version);
        yield return Open(new Fetch("a", "t", 0, 1), version);
        yield return Open(new Probe(1_000), version);
        if (version >= MoqVersion.Lite04)
            yield return Open(new Goaway(""), version);
        if (version >= MoqVersion.Lite05)
            yield return Open(new TrackRequest("a", "t"), version);
    }

    // The session asks for announcements first, then for the track and its properties.
    private static SessionStep[] Published(MoqVersion version)
    {
        List<SessionStep> steps = version >= MoqVersion.Lite05 ? [Setup(version), Step(StepKind.Wait, 2)] : [];
        if (version >= MoqVersion.Lite05)
            steps.Add(new(StepKind.Answer, 0, Message(new AnnounceOk(77, 1), version)));
        steps.Add(new(
            StepKind.Answer, 0,
            version == MoqVersion.Lite06 ? Message(new AnnounceStart("x"), version) : Message(new Announce(true, "x"), version)));
        steps.Add(Step(StepKind.Wait, 10));
        var ok = Message(new SubscribeOk(version < MoqVersion.Lite05 ? default : new DeliveryTerms(StartGroup: 0)), version);
        for (byte stream = 1; stream <= 2; stream++)
        {
            steps.Add(new(StepKind.Answer, stream, ok));
            if (version >= MoqVersion.Lite05)
                steps.Add(new(StepKind.Answer, stream, Message(new TrackInfo(1, false, 5_000, 1_000), version)));
        }

        for (var group = 0UL; group < 3; group++)
        {
            steps.Add(new(StepKind.OpenUni, 0, Group(version, 0, group)));
            steps.Add(new(StepKind.Finish, (byte)steps.Count(static step => step.Kind == StepKind.Finish), []));
        }

        steps.Add(Step(StepKind.Wait, 10));
        if (version >= MoqVersion.Lite05)
            steps.Add(new(StepKind.Answer, 1, Message(new SubscribeEnd(2), version)));
        steps.Add(new(StepKind.Answer, 1, Message(new SubscribeDrop(5, 7, 2), version)));
        steps.Add(Step(StepKind.FinishAnswer, 1));
        return [.. steps];
    }

    private static SessionStep Step(StepKind kind, byte stream = 0) => new(kind, stream, []);

    private static SessionStep Setup(MoqVersion version) => new(StepKind.OpenUni, 0, Open(new Setup(Hop: 77), version));

    private static byte[] Group(MoqVersion version, ulong subscription, ulong sequence)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Open(new GroupHeader(subscription, sequence), version));
        for (var i = 0; i < 3; i++)
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
