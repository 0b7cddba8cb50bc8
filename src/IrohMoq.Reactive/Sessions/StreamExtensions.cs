using System.Buffers;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Provides extension methods that write messages and error codes of moq-lite on the streams of a transport. They map protocol codes to
/// the stream codes of the transport, and back.
/// </summary>
internal static class StreamExtensions
{
    /// <summary>Writes the type of a stream and the message that opens it, in a single write.</summary>
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

    /// <summary>Writes a message on a stream.</summary>
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

    /// <summary>Resets a stream with a protocol code.</summary>
    public static void Reset(this ISendStream stream, MoqErrorCode code) => stream.Reset(StreamCodes.ToWire(code.Value));

    /// <summary>Stops a stream with a protocol code.</summary>
    public static void Stop(this IReceiveStream stream, MoqErrorCode code) => stream.Stop(StreamCodes.ToWire(code.Value));

    /// <summary>Ends both directions of a stream with a protocol code.</summary>
    public static void Refuse(this BidiStream stream, MoqErrorCode code)
    {
        stream.Send.Reset(code);
        stream.Receive.Stop(code);
    }

    /// <summary>
    /// Returns the protocol code of a stream reset or stop. A code that does not belong to the protocol counts as a transport failure.
    /// </summary>
    public static MoqErrorCode ProtocolCode(this TransportStreamException failure) =>
        StreamCodes.FromWire(failure.Code) is { } code ? new MoqErrorCode(code) : MoqErrorCode.Transport;
}
