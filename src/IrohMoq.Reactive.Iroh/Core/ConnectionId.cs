using System.Buffers.Binary;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents a QUIC connection id of 0 to 20 bytes as a dictionary key. Clients choose their first connection ids, so the hash code is
/// randomized per process: a client cannot choose ids that collide.
/// </summary>
internal readonly record struct ConnectionId(ulong A, ulong B, uint C, byte Length)
{
    /// <summary>The length in bytes of the connection ids that this endpoint issues.</summary>
    public const int OwnLength = 8;

    /// <summary>The length of the connection id that a client chooses for a server whose own id it does not know.</summary>
    public const int FirstLength = 18;

    public static ConnectionId From(ReadOnlySpan<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[NgCid.MaxLength];
        padded.Clear();
        bytes.CopyTo(padded);
        return new ConnectionId(
            BinaryPrimitives.ReadUInt64LittleEndian(padded), BinaryPrimitives.ReadUInt64LittleEndian(padded[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(padded[16..]), (byte)bytes.Length);
    }

    public static unsafe ConnectionId From(NgCid* cid) => From(new ReadOnlySpan<byte>(cid->Data, (int)cid->Length));

    public override int GetHashCode() => HashCode.Combine(A, B, C, Length);

    /// <summary>Copies the id to the native structure of ngtcp2.</summary>
    public unsafe void CopyTo(NgCid* cid)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong) * 3];
        BinaryPrimitives.WriteUInt64LittleEndian(padded, A);
        BinaryPrimitives.WriteUInt64LittleEndian(padded[8..], B);
        BinaryPrimitives.WriteUInt32LittleEndian(padded[16..], C);
        *cid = default;
        cid->Length = Length;
        padded[..Length].CopyTo(new Span<byte>(cid->Data, NgCid.MaxLength));
    }

    /// <summary>Fills the native structure with a random id of the specified length.</summary>
    public static unsafe void Randomize(NgCid* cid, int length)
    {
        *cid = default;
        cid->Length = (nuint)length;
        GnuTls.Check(GnuTls.Random(GnuTls.RandomNonce, cid->Data, (nuint)length), "give random bytes");
    }
}
