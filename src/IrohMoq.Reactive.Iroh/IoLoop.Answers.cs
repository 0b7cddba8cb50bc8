using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Quic;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Contains the responses that belong to no connection: refusals, version negotiation and stateless resets. No response is longer than the
/// packet that caused it.
/// </summary>
internal sealed unsafe partial class IoLoop
{
    private const int SmallPacket = 1200;

    /// <summary>
    /// The minimum length of a stateless reset in bytes: at least five bytes precede the token. See RFC 9000, section 10.3.
    /// </summary>
    private const int MinResetSize = 5 + ResetToken.Size;

    private const int MaxResetSize = 42;

    /// <summary>
    /// Limits the rate of stateless resets: high enough to reset all connections of an endpoint within seconds, too low to flood a victim.
    /// </summary>
    private readonly RateLimit _resets = new(perSecond: 1_000, burst: 1_000);

    private void Refuse(NgPath* path, NgPacketHeader* header, ReadOnlySpan<byte> reason)
    {
        fixed (byte* text = reason)
        {
            var length = CryptoGnuTls.WriteStatelessClose(
                Buffer, SmallPacket, header->Version, &header->Scid, &header->Dcid, ConnectErrors.ConnectionRefused, text,
                (nuint)reason.Length);
            Answer(path, Buffer, (int)length);
        }
    }

    private void NegotiateVersion(NgPath* path, NgVersionCid* ids)
    {
        var version = Ngtcp2.Version1;
        byte random;
        if (Volatile.Read(ref _protocols).Count == 0 || GnuTls.Random(GnuTls.RandomNonce, &random, 1) != 0)
            return;
        var length = Ngtcp2.WriteVersionNegotiation(
            Buffer, SmallPacket, random, ids->Scid, ids->ScidLength, ids->Dcid, ids->DcidLength, &version, 1);
        Answer(path, Buffer, (int)length);
    }

    /// <summary>
    /// Sends a stateless reset, which tells the peer that this endpoint does not know the connection, for example after a restart. Without
    /// a reset the peer would notice only at its idle timeout. The reset is shorter than the packet that caused it, so that two endpoints
    /// do not reset each other endlessly.
    /// </summary>
    private void Reset(NgPath* path, ConnectionId id, int packetLength, ulong now)
    {
        var length = Math.Min(packetLength - 1, MaxResetSize);
        if (length < MinResetSize || !_resets.TryTake(now))
            return;
        NgCid cid;
        id.CopyTo(&cid);
        var token = stackalloc byte[ResetToken.Size];
        var random = stackalloc byte[MaxResetSize];
        var randomLength = (nuint)(length - ResetToken.Size);
        if (CryptoGnuTls.GenerateStatelessResetToken(token, ResetSecret, Iroh.ResetSecret.Size, &cid) != 0
            || GnuTls.Random(GnuTls.RandomNonce, random, randomLength) != 0)
            return;
        Answer(path, Buffer, (int)Ngtcp2.WriteStatelessReset(Buffer, SmallPacket, token, random, randomLength));
    }

    private void Answer(NgPath* path, byte* bytes, int length)
    {
        if (length > 0)
            _socket.Send((byte*)path->Remote.Address, path->Remote.Length, bytes, length, length);
    }
}
