using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>The seed of the random numbers of a network, split by purpose: an additional draw for one purpose changes no other.</summary>
internal readonly record struct Seed(int Value)
{
    /// <summary>Returns 32 bytes that are the same for the same seed and purpose in every process.</summary>
    public byte[] Bytes(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes($"{Value} {purpose}"));

    public int Number(string purpose) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(purpose));
}
