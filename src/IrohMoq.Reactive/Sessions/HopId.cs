using System.Buffers.Binary;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Creates the ids by which announcements name the peers that they have come from. The id of the first one is also the identity of the
/// content: it is not the same again when the process that publishes it is started anew. See moq-lite, "Hop ID".
/// </summary>
internal static class HopId
{
    // JavaScript peers cannot read higher numbers.
    private const long Limit = 1L << 53;

    /// <summary>Returns a random id, which is not 0.</summary>
    /// <param name="seed">The seed of the random numbers, or null for a random one.</param>
    /// <param name="id">The ID of the endpoint, so that peers with the same seed have different ids; or an empty value.</param>
    public static ulong Create(int? seed, ReadOnlySpan<byte> id)
    {
        var own = id.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(id) : 0;
        var hop = (new RandomSource(seed).Split().NextInt64(Limit) ^ own) & (Limit - 1);
        return hop == 0 ? 1 : (ulong)hop;
    }
}
