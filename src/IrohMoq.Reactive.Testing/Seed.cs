using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>The one source of chance of a network, split by purpose: one peer's extra draw doesn't shift another's.</summary>
internal readonly record struct Seed(int Value)
{
    /// <summary>32 bytes that are the same for the same seed and purpose, in every process.</summary>
    public byte[] Bytes(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes($"{Value} {purpose}"));

    public int Number(string purpose) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(purpose));
}
