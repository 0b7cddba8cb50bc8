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

    /// <summary>Resets a stream with the number that a code has in a version of the protocol.</summary>
    public static void Reset(this ISendStream stream, MoqErrorCode code, MoqVersion version) => stream.Reset(ToWire(code, version));

    /// <summary>Stops a stream with the number that a code has in a version of the protocol.</summary>
    public static void Stop(this IReceiveStream stream, MoqErrorCode code, MoqVersion version) => stream.Stop(ToWire(code, version));

    /// <summary>Ends both directions of a stream with the number that a code has in a version of the protocol.</summary>
    public static void Refuse(this BidiStream stream, MoqErrorCode code, MoqVersion version)
    {
        stream.Send.Reset(code, version);
        stream.Receive.Stop(code, version);
    }

    /// <summary>
    /// Returns a token that is canceled when the peer does not want the answer on a stream any more, or when another token is canceled.
    /// </summary>
    public static CancellationToken UntilStopped(this MoqConnection connection, ISendStream answer, CancellationToken cancellationToken)
    {
        // Without a timer, the source has nothing to dispose.
#pragma warning disable CA2000
        var stopped = new CancellationTokenSource();
#pragma warning restore CA2000
        var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), stopped);
        connection.Watch(StopAsync());
        return stopped.Token;

        async Task StopAsync()
        {
            await answer.Closed.ConfigureAwait(false);
            registration.Unregister();
            stopped.Cancel();
        }
    }

    /// <summary>
    /// Returns the protocol code of a stream reset or stop. A code that does not belong to the protocol counts as a transport failure.
    /// </summary>
    public static MoqErrorCode ProtocolCode(this TransportStreamException failure, MoqVersion version) => FromWire(failure.Code, version);

    /// <summary>
    /// Returns the code for the number of a stream reset or stop. A number that does not belong to the protocol counts as a transport
    /// failure.
    /// </summary>
    /// <param name="number">The number on the wire.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="isStopped">True if the peer has stopped a stream that this side writes.</param>
    public static MoqErrorCode FromWire(ulong number, MoqVersion version, bool isStopped = false) =>
        StreamCodes.FromWire(number) is { } code
            ? WireCodes.FromWire(version, CodeSpace.Stream, code, isStopped)
            : MoqErrorCode.Transport;

    /// <summary>Returns the number with which a session is closed for a code, in a version of the protocol.</summary>
    public static ulong ToCloseCode(MoqErrorCode code, MoqVersion version) => WireCodes.ToWire(version, CodeSpace.Session, code);

    /// <summary>
    /// Returns the number with which a connection is closed for a code. A connection of an unknown protocol gets that of the oldest
    /// version.
    /// </summary>
    public static ulong ToCloseCode(MoqErrorCode code, string protocol)
    {
        _ = MoqVersions.TryFromAlpn(protocol, out var version);
        return ToCloseCode(code, version);
    }

    /// <summary>Returns the code for the number with which the peer has closed a session.</summary>
    public static ulong FromCloseCode(ulong number, MoqVersion version) =>
        number <= uint.MaxValue ? WireCodes.FromWire(version, CodeSpace.Session, (uint)number).Value : number;

    private static ulong ToWire(MoqErrorCode code, MoqVersion version) =>
        StreamCodes.ToWire(WireCodes.ToWire(version, CodeSpace.Stream, code));
}
