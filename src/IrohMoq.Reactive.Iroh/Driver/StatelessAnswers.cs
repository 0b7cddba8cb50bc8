using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Sends the responses that belong to no connection: refusals, version negotiation and stateless resets. No response is longer than the
/// packet that caused it.
/// </summary>
internal sealed unsafe class StatelessAnswers(IDatagramSink sink, ResetSecret secret)
{
    private const int MaxSize = 1200;

    /// <summary>
    /// The minimum length of a stateless reset in bytes: at least five bytes precede the token. See RFC 9000, section 10.3.
    /// </summary>
    private const int MinResetSize = 5 + ResetToken.Size;

    private const int MaxResetSize = 42;

    /// <summary>
    /// Limits the rate of stateless resets: high enough to reset all connections of an endpoint within seconds, too low to flood a victim.
    /// </summary>
    private readonly RateLimit _resets = new(perSecond: 1_000, burst: 1_000);

    /// <summary>Returns the token at the end of a datagram, if the datagram may be a stateless reset.</summary>
    public static bool TryReadReset(ReadOnlySpan<byte> datagram, out ResetToken token)
    {
        token = default;
        if (datagram.Length < MinResetSize)
            return false;
        token = ResetToken.From(datagram[^ResetToken.Size..]);
        return true;
    }

    /// <summary>Refuses a connection at its first packet.</summary>
    public void Refuse(in NetworkPath path, NgPacketHeader* header, ReadOnlySpan<byte> reason)
    {
        fixed (byte* text = reason)
        {
            var length = CryptoGnuTls.WriteStatelessClose(
                sink.Buffer, MaxSize, header->Version, &header->Scid, &header->Dcid, Refusal.ConnectionRefused, text,
                (nuint)reason.Length);
            Send(path, length);
        }
    }

    /// <summary>Answers a packet of another version with the version of this endpoint.</summary>
    public void NegotiateVersion(in NetworkPath path, NgVersionCid* ids)
    {
        var version = Ngtcp2.Version1;
        byte random;
        if (GnuTls.Random(GnuTls.RandomNonce, &random, 1) != 0)
            return;
        var length = Ngtcp2.WriteVersionNegotiation(
            sink.Buffer, MaxSize, random, ids->Scid, ids->ScidLength, ids->Dcid, ids->DcidLength, &version, 1);
        Send(path, length);
    }

    /// <summary>
    /// Sends a stateless reset, which tells the peer that this endpoint does not know the connection, for example after a restart. Without
    /// a reset the peer would notice only at its idle timeout. The reset is shorter than the packet that caused it, so that two endpoints
    /// do not answer one another without an end.
    /// </summary>
    public void Reset(in NetworkPath path, ConnectionId id, int packetLength, ulong now)
    {
        var length = Math.Min(packetLength - 1, MaxResetSize);
        if (length < MinResetSize || !_resets.TryTake(now))
            return;
        NgCid cid;
        id.CopyTo(&cid);
        var token = stackalloc byte[ResetToken.Size];
        var random = stackalloc byte[MaxResetSize];
        var randomLength = (nuint)(length - ResetToken.Size);
        if (!secret.TryGenerate(&cid, token) || GnuTls.Random(GnuTls.RandomNonce, random, randomLength) != 0)
            return;
        Send(path, Ngtcp2.WriteStatelessReset(sink.Buffer, MaxSize, token, random, randomLength));
    }

    private void Send(in NetworkPath path, nint length)
    {
        if (length > 0)
            sink.Send(path, new ReadOnlySpan<byte>(sink.Buffer, (int)length), (int)length);
    }
}
