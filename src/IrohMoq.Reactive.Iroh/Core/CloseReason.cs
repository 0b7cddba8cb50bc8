using System.Text;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Represents the transport error with which this side ends a connection. See RFC 9000, section 20.1.</summary>
/// <param name="Code">The error code.</param>
/// <param name="Text">The description for this side. It is not sent.</param>
internal readonly record struct CloseReason(ulong Code, string Text)
{
    public const ulong NoError = 0;
    public const ulong InternalError = 1;
    public const ulong ApplicationError = 0x0c;
    public const ulong AeadLimitReached = 0x0f;
    public const ulong NoViablePath = 0x10;
    public const ulong VersionNegotiationError = 0x11;
    public const ulong FirstTlsAlert = 0x100;
    public const ulong LastTlsAlert = 0x1ff;
    public const ulong TlsInternalError = FirstTlsAlert + 80;
    public const ulong CertificateRequired = FirstTlsAlert + 116;
    public const ulong NoApplicationProtocol = FirstTlsAlert + 120;

    private const int MaxReasonBytes = 1024;

    /// <summary>Returns the UTF-8 bytes of a reason text, cut to what a packet can carry, but not inside a character.</summary>
    public static ReadOnlySpan<byte> Encode(string reason)
    {
        var bytes = Encoding.UTF8.GetBytes(reason);
        var length = Math.Min(bytes.Length, MaxReasonBytes);
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xc0) == 0x80)
            length--;
        return bytes.AsSpan(0, length);
    }

    /// <summary>Returns how the peer has ended a connection, from the error that ngtcp2 received.</summary>
    public static unsafe TransportEnd Read(NgCloseError* error)
    {
        var reason = error->ReasonLength == 0 ? "" : Encoding.UTF8.GetString(error->Reason, (int)error->ReasonLength);
        return ConnectionEnds.Remote(error->Type == NgCloseError.Application, error->Code, reason);
    }
}
