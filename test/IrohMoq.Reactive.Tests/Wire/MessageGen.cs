using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Any message that may be sent, boxed, and the kind it is of.</summary>
internal static class MessageGen
{
    private static readonly Gen<ulong> Id = Upto(Varint.MaxValue);
    private static readonly Gen<ulong> Number = Upto(WireLimits.MaxWrittenNumber);
    private static readonly Gen<ulong?> Group = Gen.Bool.SelectMany(
        there => there ? Upto(WireLimits.MaxWrittenNumber - 1).Select(n => (ulong?)n) : Gen.Const((ulong?)null));
    private static readonly Gen<string> Text = Gen.OneOf(Letters(0, 20), Letters(0, 20), Letters(60, 70), Letters(1300, 1365));
    private static readonly Gen<BroadcastPath> Path = Gen.OneOf(
        Text.Select(text => new BroadcastPath(text)),
        Letters(0, 8).Array[0, WireLimits.MaxHops].Select(segments => new BroadcastPath(string.Join('/', segments))));

    private static readonly Gen<DeliveryTerms> Terms = Gen.Select(
        Gen.Byte, Gen.Bool, Number, Group, Group, (p, o, l, s, e) => new DeliveryTerms(p, o, l, s, e));

    public static readonly Gen<(MessageKind Kind, object Message)> Any = Gen.OneOf(
        Of(Path.Select(path => new AnnounceRequest(path))),
        Of(Gen.Select(Gen.Bool, Path, Gen.Int[0, 32], (active, suffix, hops) => new Announce(active, suffix, active ? hops : 0))),
        Of(Gen.Select(Id, Path, Text, Terms, (id, path, track, terms) => new Subscribe(id, path, track, terms))),
        Of(Terms.Select(terms => new SubscribeUpdate(terms))),
        Of(Terms.Select(terms => new SubscribeOk(terms))),
        Of(Gen.Select(Number, Number, Number, (start, end, error) => new SubscribeDrop(start, end, error))),
        Of(Gen.Select(Id, Number, (id, sequence) => new GroupHeader(id, sequence))),
        Of(Gen.Select(Path, Text, Gen.Byte, Number, (path, track, priority, sequence) => new Fetch(path, track, priority, sequence))),
        Of(Group.Select(bitrate => new Probe(bitrate == 0 ? 1 : bitrate))));

    private static Gen<(MessageKind Kind, object Message)> Of<T>(Gen<T> gen)
        where T : struct, IMessage<T> =>
        gen.Select(message => (MessageKind.Named(T.Name), (object)message));

    // As many short varints as long ones.
    private static Gen<ulong> Upto(ulong max) =>
        Gen.OneOf(Gen.ULong[0, 70], Gen.ULong[16_000, 17_000], Gen.ULong[0, 1UL << 31], Gen.ULong[0, max], Gen.Const(max));

    private static Gen<string> Letters(int min, int max) => Gen.String[Gen.Char['\u0000', '\ud7ff'], min, max];
}
