using System.Buffers;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Writes messages and codes of moq-lite on the streams of a transport. Stream codes are mapped in both directions.</summary>
internal static class StreamExtensions
{
    /// <summary>Writes a message that opens a stream, the stream's type before it, in one go.</summary>
    public static async ValueTask WriteOpeningAsync<T>(
        this ISendStream stream, T message, MoqVersion version, CancellationToken cancellationToken = default)
        where T : struct, IOpeningMessage<T>
    {
        var bytes = ArrayPool<byte>.Shared.Rent(message.MaxEncodedSize);
        try
        {
            await stream.WriteAsync(bytes.AsMemory(0, message.EncodeOpening(bytes, version)), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Writes a message.</summary>
    public static async ValueTask WriteAsync<T>(
        this ISendStream stream, T message, MoqVersion version, CancellationToken cancellationToken = default)
        where T : struct, IMessage<T>
    {
        var bytes = ArrayPool<byte>.Shared.Rent(message.MaxEncodedSize);
        try
        {
            await stream.WriteAsync(bytes.AsMemory(0, message.Encode(bytes, version)), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Resets with a code of the protocol.</summary>
    public static void Reset(this ISendStream stream, MoqErrorCode code) => stream.Reset(StreamCodes.ToWire(code.Value));

    /// <summary>Stops with a code of the protocol.</summary>
    public static void Stop(this IReceiveStream stream, MoqErrorCode code) => stream.Stop(StreamCodes.ToWire(code.Value));

    /// <summary>Ends both directions with a code of the protocol.</summary>
    public static void Refuse(this BidiStream stream, MoqErrorCode code)
    {
        stream.Send.Reset(code);
        stream.Receive.Stop(code);
    }

    /// <summary>
    /// Returns the protocol's code of a reset or stop. A code that is none of the protocol's counts as a failure of the transport.
    /// </summary>
    public static MoqErrorCode ProtocolCode(this TransportStreamException failure) =>
        StreamCodes.FromWire(failure.Code) is { } code ? new MoqErrorCode(code) : MoqErrorCode.Transport;
}
