using System.Buffers.Binary;
using System.Text;

namespace IrohMoq.Reactive;

/// <summary>
/// Orders the sources of one broadcast. The first one is used: the one with the lowest cost, then with the fewest hops, then with the
/// smallest hash of name and hops, which every process computes alike, so that relays decide alike. Of two equal routes that of the newest
/// session is used, so that a publisher that has come back wins over its session that has not timed out yet.
/// </summary>
internal static class SourceOrder
{
    private const ulong FnvBasis = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>Compares two sources of a broadcast.</summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="first">The route of one source, and the number of its session. Newer sessions have higher numbers.</param>
    /// <param name="second">The route of the other source, and the number of its session.</param>
    /// <returns>A negative number if the first source is to be used, a positive one if the second is.</returns>
    public static int Compare(
        BroadcastPath name, (BroadcastRoute Route, long Session) first, (BroadcastRoute Route, long Session) second)
    {
        var order = first.Route.WarmCost.CompareTo(second.Route.WarmCost);
        if (order == 0)
            order = first.Route.Ids.Length.CompareTo(second.Route.Ids.Length);
        if (order == 0)
            order = Hash(name, first.Route.Ids).CompareTo(Hash(name, second.Route.Ids));
        return order != 0 ? order : second.Session.CompareTo(first.Session);
    }

    /// <summary>Returns the FNV-1a hash of a name in UTF-8 and of hops with eight bytes each, in little-endian order.</summary>
    public static ulong Hash(BroadcastPath name, ReadOnlySpan<ulong> hops)
    {
        var hash = Add(FnvBasis, Encoding.UTF8.GetBytes(name.ToString()));
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (var hop in hops)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, hop);
            hash = Add(hash, bytes);
        }

        return hash;
    }

    private static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            hash = unchecked((hash ^ value) * FnvPrime);
        return hash;
    }
}
