using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>
/// Measures every message of every version: encoding allocates nothing, and decoding nothing but the text and the hops that the message
/// holds.
/// </summary>
public sealed class MessageAllocationTests
{
    private const int Rounds = 5;

    [Test]
    public void Encoding_AllocatesNothing_AndDecodingOnlyWhatTheMessageHolds([ValueSource(nameof(Versions))] object boxed)
    {
        var version = (MoqVersion)boxed;
        var seen = new HashSet<MessageKind>();
        MessageGen.Of(version).Sample(
            message =>
            {
                seen.Add(message.Kind);
                var held = Held(message.Message, message.Message is Announce && version == MoqVersion.Lite03);
                var (encode, decode) = Least(message);
                Assert.That((encode, decode), Is.EqualTo((0L, held)), $"{version} {message.Message}");
            },
            iter: 1_000,
            threads: 1);
        Assert.That(seen, Is.EquivalentTo(MessageKind.All.Where(kind => kind.Versions.Contains(version))));
    }

    private static IEnumerable<MoqVersion> Versions() => MoqVersions.Known;

    // The first round may compile a method, and any round may grow a table of the runtime.
    private static (long Encode, long Decode) Least(Sendable message)
    {
        var rounds = Enumerable.Range(0, Rounds).Select(_ => message.Kind.Allocations(message.Message, message.Version)).ToArray();
        return (rounds.Min(static round => round.Encode), rounds.Min(static round => round.Decode));
    }

    // The hops of moq-lite-03 are only a count.
    private static long Held(object message, bool hasOnlyCountOfHops) => message.GetType().GetProperties()
        .Where(static property => property.GetMethod is { IsStatic: false })
        .Sum(property => property.GetValue(message) switch
        {
            string text => SizeOf(text),
            BroadcastPath path => SizeOf(path.ToString()),
            HopPath hops => hasOnlyCountOfHops ? 0 : SizeOf(hops),
            Route route => SizeOf(route.Hops),
            _ => 0,
        });

    private static long SizeOf(string text) => text.Length == 0 ? 0 : Allocated(() => new string('x', text.Length));

    private static long SizeOf(HopPath hops) => hops.Count == 0 ? 0 : Allocated(() => new ulong[hops.Count]);

    private static long Allocated(Func<object> create)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(create());
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
