using CsCheck;
using IrohMoq.Reactive.Wire;
using static IrohMoq.Reactive.Wire.MoqVersion;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>A message that may be sent, boxed, and a version that expresses all of it.</summary>
internal sealed record Sendable(MessageKind Kind, MoqVersion Version, object Message)
{
    public byte[] Encode() => Kind.Encode(Message, Version);
}

/// <summary>Generates every message of every version.</summary>
internal static class MessageGen
{
    private static readonly Gen<ulong> Id = Upto(Varint.MaxValue);
    private static readonly Gen<ulong> Number = Upto(WireLimits.MaxWrittenNumber);
    private static readonly Gen<ulong?> Optional = Gen.Bool.SelectMany(
        there => there ? Upto(WireLimits.MaxWrittenNumber - 1).Select(n => (ulong?)n) : Gen.Const((ulong?)null));

    private static readonly Gen<string> Text = Gen.OneOf(Letters(0, 20), Letters(0, 20), Letters(60, 70), Letters(1300, 1365));
    private static readonly Gen<string> Uri = Gen.OneOf(Letters(0, 20), Letters(2600, 2730));
    private static readonly Gen<BroadcastPath> Path = Gen.OneOf(
        Text.Select(text => new BroadcastPath(text)),
        Letters(0, 8).Array[0, WireLimits.MaxHops].Select(segments => new BroadcastPath(string.Join('/', segments))));

    private static readonly Gen<HopPath> Hops = Gen.OneOf(Id, Gen.Const(0UL)).Array[0, WireLimits.MaxHops]
        .Select(ids => new HopPath(ids));

    // No id twice, except 0.
    private static readonly Gen<Route> Routes = Gen.Select(
        Hops, Id, Id, (hops, warm, cold) => new Route(hops.HasRepeatedHop ? HopPath.Unknown(hops.Count) : hops, warm, cold));

    private static readonly Gen<DeliveryTerms> Lite03Terms = Gen.Select(
        Gen.Byte, Gen.Bool, Number, Optional, Optional, (p, o, l, s, e) => new DeliveryTerms(p, o, l, s, e));

    private static readonly Gen<DeliveryTerms> Lite06Terms = Gen.Select(
        Gen.Byte, Number, Number, Optional, Number, Optional,
        (p, l, s, e, from, to) => new DeliveryTerms(p, false, l, s, e, from, e is null ? null : to));

    private static readonly Gen<SessionRole?> Role = Gen.Int[-1, 2].Select(role => role < 0 ? (SessionRole?)null : (SessionRole)role);
    private static readonly Gen<string?> SetupPath = Gen.Select(
        Gen.Bool, Uri, (there, text) => there ? text.Length == 0 ? text : $"/{text[1..]}" : null);

    public static readonly Gen<Sendable> Any = Gen.OneOf([.. MoqVersions.Known.Select(Of)]);

    /// <summary>Returns a generator of every message of a version.</summary>
    public static Gen<Sendable> Of(MoqVersion version)
    {
        var since04 = version >= Lite04;
        var is06 = version == Lite06;
        var terms = is06 ? Lite06Terms : Lite03Terms;
        var gens = new List<Gen<object>>
        {
            Boxed(Gen.Select(Path, Id, (path, hop) => new AnnounceRequest(path, since04 && !is06 ? hop : 0))),
            Boxed(Gen.Select(Id, Path, Text, terms, (id, path, track, t) => new Subscribe(id, path, track, t))),
            Boxed(terms.Select(t => new SubscribeUpdate(t))),
            Boxed(
                version < Lite05
                    ? terms.Select(t => new SubscribeOk(t))
                    : Number.Select(group => new SubscribeOk(new DeliveryTerms(StartGroup: group)))),
            Boxed(Gen.Select(Number, Number, Number, (a, b, error) => new SubscribeDrop(Math.Min(a, b), Math.Max(a, b), error))),
            Boxed(Gen.Select(Id, Number, Number, (id, sequence, frame) => new GroupHeader(id, sequence, is06 ? frame : 0))),
            Boxed(Gen.Select(
                Path, Text, Gen.Byte, Number, Number, Optional,
                (path, track, priority, sequence, from, to) => is06
                    ? new Fetch(path, track, priority, sequence, to is { } end ? Math.Min(from, end) : from, to)
                    : new Fetch(path, track, priority, sequence))),
            Boxed(Gen.Select(Optional, Optional, (bitrate, rtt) => new Probe(Measured(bitrate), since04 ? Measured(rtt) : null))),
        };
        if (version == Lite03)
            gens.Add(Boxed(Gen.Select(Path, Gen.Int[0, 32], (suffix, hops) => new Announce(true, suffix, HopPath.Unknown(hops)))));
        if (version is Lite04 or Lite05)
            gens.Add(Boxed(Gen.Select(Path, Hops, (suffix, hops) => new Announce(true, suffix, hops))));
        if (!is06)
            gens.Add(Boxed(Path.Select(suffix => new Announce(false, suffix))));
        if (since04)
            gens.Add(Boxed(Uri.Select(uri => new Goaway(uri))));
        if (version >= Lite05)
        {
            gens.Add(Boxed(Gen.Select(Id, Number, (hop, count) => new AnnounceOk(hop, count))));
            gens.Add(Boxed(Number.Select(group => new SubscribeEnd(group))));
            gens.Add(Boxed(Gen.Select(Path, Text, (path, track) => new TrackRequest(path, track))));
            gens.Add(Boxed(Gen.Select(
                Gen.Byte, Gen.Bool, Number, Number, (p, o, latency, scale) => new TrackInfo(p, !is06 && o, latency, Math.Max(scale, 1)))));
            gens.Add(Boxed(Gen.Select(
                Gen.Int[0, 2], SetupPath, Role, Optional, Id,
                (probe, path, role, cost, hop) => new Setup((ProbeLevel)probe, path, role, is06 ? cost : null, hop))));
        }

        if (is06)
        {
            gens.Add(Boxed(Gen.Select(Path, Routes, (suffix, route) => new AnnounceStart(suffix, route))));
            gens.Add(Boxed(Id.Select(id => new AnnounceEnd(id))));
            gens.Add(Boxed(Gen.Select(Id, Routes, (id, route) => new AnnounceUpdate(id, route))));
        }

        return Gen.OneOf([.. gens]).Select(message => new Sendable(KindOf(message), version, message));
    }

    private static Gen<object> Boxed<T>(Gen<T> gen)
        where T : struct, IMessage<T> => gen.Select(message => (object)message);

    private static MessageKind KindOf(object message) => MessageKind.All.Single(kind => kind.Holds(message));

    private static ulong? Measured(ulong? value) => value == 0 ? 1 : value;

    // As many short varints as long ones.
    private static Gen<ulong> Upto(ulong max) =>
        Gen.OneOf(Gen.ULong[0, 70], Gen.ULong[16_000, 17_000], Gen.ULong[0, 1UL << 31], Gen.ULong[0, max], Gen.Const(max));

    private static Gen<string> Letters(int min, int max) => Gen.String[Gen.Char['\u0000', '\ud7ff'], min, max];
}
