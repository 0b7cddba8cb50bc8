using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Tells what is wrong with the first message of a stream, without a session: the decoders are verified on their own.</summary>
internal static class Violations
{
    /// <summary>Returns the violation, or null if there is none so far, or none that depends on the bytes alone.</summary>
    public static MoqProtocolException? Find(bool isUni, ReadOnlySpan<byte> stream, bool isFinished, MoqVersion version)
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
                BidiStreamType.Probe => Find<Probe>(rest, isFinished, version),
                BidiStreamType.Track when version.HasTrackInfo => Find<TrackRequest>(rest, isFinished, version),
                _ => null,
            };
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
