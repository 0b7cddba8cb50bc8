using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Tells what is wrong with the first message of a stream, without a session: the decoders are verified on their own.</summary>
internal static class Violations
{
    /// <summary>Returns the violation, or null if there is none so far, or none that depends on the bytes alone.</summary>
    /// <param name="isUni">True for a unidirectional stream.</param>
    /// <param name="stream">What the peer has sent on the stream so far.</param>
    /// <param name="isFinished">True if the peer has ended its side of the stream.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="isClient">True if the peer has dialed the session.</param>
    public static MoqProtocolException? Find(
        bool isUni, ReadOnlySpan<byte> stream, bool isFinished, MoqVersion version, bool isClient)
    {
        if (!Varint.TryRead(stream, out var type, out var prefix))
            return isFinished && !stream.IsEmpty && !isUni ? MessageFraming.Truncated("stream type", stream.Length) : null;
        var rest = stream[prefix..];
        // Without a byte of it, a message counts as missing rather than as cut off.
        if (rest.IsEmpty)
            return null;
        return isUni
            ? (UniStreamType)type switch
            {
                UniStreamType.Group => Find<GroupHeader>(rest, isFinished, version),
                UniStreamType.Setup when version.HasSetup => Find<Setup>(rest, isFinished, version),
                _ => null,
            }
            : (BidiStreamType)type switch
            {
                BidiStreamType.Announce => Find<AnnounceRequest>(rest, isFinished, version),
                BidiStreamType.Subscribe => Find<Subscribe>(rest, isFinished, version),
                BidiStreamType.Fetch when version.HasFetch => Find<Fetch>(rest, isFinished, version),
                BidiStreamType.Fetch => new MoqProtocolException(MoqErrorCode.Unsupported, "The version has no FETCH."),
                BidiStreamType.Probe => Find<Probe>(rest, isFinished, version),
                BidiStreamType.Goaway when version.HasGoaway => FindInGoaway(rest, isFinished, version, isClient),
                BidiStreamType.Track when version.HasTrackInfo => Find<TrackRequest>(rest, isFinished, version),
                _ => null,
            };
    }

    /// <summary>Determines whether a bidirectional stream is one with a GOAWAY, of which each side sends one.</summary>
    public static bool IsGoaway(ReadOnlySpan<byte> stream, MoqVersion version) =>
        version.HasGoaway && Varint.TryRead(stream, out var type, out _) && type == (ulong)BidiStreamType.Goaway;

    /// <summary>Returns the violation of a peer that sends a GOAWAY which it may not send.</summary>
    public static MoqProtocolException WrongGoaway(MoqVersion version) =>
        new(MoqErrorCode.ProtocolViolation, "The GOAWAY is against the rules.") { ClosesSession = Goaway.ClosesSession(version) };

    private static MoqProtocolException? FindInGoaway(ReadOnlySpan<byte> bytes, bool isFinished, MoqVersion version, bool isClient)
    {
        if (Find<Goaway>(bytes, isFinished, version) is { } violation)
            return violation.Code == MoqErrorCode.BoundsExceeded ? WrongGoaway(version) : violation;
        return isClient && MessageCodec.TryRead<Goaway>(bytes, version, out var goaway, out _) && goaway.Uri.Length > 0
            ? WrongGoaway(version)
            : null;
    }

    private static MoqProtocolException? Find<T>(ReadOnlySpan<byte> bytes, bool isFinished, MoqVersion version)
        where T : struct, IMessage<T>
    {
        try
        {
            return MessageCodec.TryRead<T>(bytes, version, out _, out _) || !isFinished
                ? null
                : MessageFraming.Truncated(T.Name, bytes.Length, T.ClosesSession(version));
        }
        catch (MoqProtocolException violation)
        {
            return violation;
        }
    }
}
