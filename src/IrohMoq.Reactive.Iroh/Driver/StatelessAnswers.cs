using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Sends the responses that belong to no connection: refusals, Retry packets, version negotiation and stateless resets. A response is not
/// longer than the packet that caused it, so a packet with a forged sender does its victim no more harm than it did the network before.
/// </summary>
/// <param name="sink">The sender of the datagrams.</param>
/// <param name="resets">The secret of the stateless reset tokens.</param>
/// <param name="tokens">The tokens of the Retry packets.</param>
internal sealed unsafe class StatelessAnswers(IDatagramSink sink, ResetSecret resets, RetryTokens tokens)
{
    private const int MaxSize = 1200;

    /// <summary>
    /// The minimum length of a stateless reset in bytes: at least five bytes precede the token. See RFC 9000, section 10.3.
    /// </summary>
    private const int MinResetSize = 5 + ResetToken.Size;

    private const int MaxResetSize = 42;

    /// <summary>
    /// Limits the rate of all answers except Retry packets: high enough to reset all connections of an endpoint within seconds, too low to
    /// flood a victim or to keep the I/O thread busy.
    /// </summary>
    private readonly RateLimit _answers = new(perSecond: 1_000, burst: 1_000);

    /// <summary>
    /// Limits the rate of Retry packets. The limit is higher, because a client that gets no Retry during a flood does not get in, and the
    /// burst is smaller, because it delays all connections.
    /// </summary>
    private readonly RateLimit _retries = new(perSecond: 20_000, burst: 500);

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
    /// <param name="path">The path of the packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="code">The transport error code.</param>
    /// <param name="reason">The reason text, which must be short.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void Refuse(in NetworkPath path, NgPacketHeader* header, ulong code, ReadOnlySpan<byte> reason, ulong now)
    {
        if (!_answers.TryTake(now))
            return;
        fixed (byte* text = reason)
        {
            var length = CryptoGnuTls.WriteStatelessClose(
                sink.Buffer, MaxSize, header->Version, &header->Scid, &header->Dcid, code, text, (nuint)reason.Length);
            Send(path, length);
        }
    }

    /// <summary>Requests the client of a first packet to prove its address: the client must send the packet again with a token.</summary>
    public void Retry(in NetworkPath path, NgPacketHeader* header, ulong now)
    {
        if (!_retries.TryTake(now))
            return;
        var token = stackalloc byte[RetryTokens.Size];
        NgCid scid = default;
        scid.Length = ConnectionId.OwnLength;
        // ngtcp2 would end the process if the Retry gave the client the id that it has.
        if (GnuTls.Random(GnuTls.RandomNonce, scid.Data, scid.Length) != 0 || ConnectionId.From(&scid) == ConnectionId.From(&header->Dcid)
            || !tokens.TryCreate(token, header->Version, path.Remote, &scid, &header->Dcid, now))
            return;
        var length = CryptoGnuTls.WriteRetry(
            sink.Buffer, MaxSize, header->Version, &header->Scid, &scid, &header->Dcid, token, RetryTokens.Size);
        Send(path, length);
    }

    /// <summary>
    /// Answers a packet of another version with the version of this endpoint. ngtcp2 reports only packets of 1,200 bytes or more, and the
    /// answer has no more than 528.
    /// </summary>
    public void NegotiateVersion(in NetworkPath path, NgVersionCid* ids, ulong now)
    {
        var version = Ngtcp2.Version1;
        byte random;
        if (!_answers.TryTake(now) || GnuTls.Random(GnuTls.RandomNonce, &random, 1) != 0)
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
        if (length < MinResetSize || !_answers.TryTake(now))
            return;
        NgCid cid;
        id.CopyTo(&cid);
        var token = stackalloc byte[ResetToken.Size];
        var random = stackalloc byte[MaxResetSize];
        var randomLength = (nuint)(length - ResetToken.Size);
        if (!resets.TryGenerate(&cid, token) || GnuTls.Random(GnuTls.RandomNonce, random, randomLength) != 0)
            return;
        Send(path, Ngtcp2.WriteStatelessReset(sink.Buffer, MaxSize, token, random, randomLength));
    }

    private void Send(in NetworkPath path, nint length)
    {
        if (length > 0)
            sink.Send(path, new ReadOnlySpan<byte>(sink.Buffer, (int)length), (int)length);
    }
}
