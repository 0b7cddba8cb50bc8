using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the seed of a network. Each purpose has its own random numbers, so that drawing more numbers for one purpose does not change
/// those for another.
/// </summary>
internal readonly record struct Seed(int Value)
{
    /// <summary>Returns 32 pseudorandom bytes, which are the same for the same seed and purpose in every process.</summary>
    public byte[] Bytes(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes($"{Value} {purpose}"));

    public int Number(string purpose) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(purpose));
}
