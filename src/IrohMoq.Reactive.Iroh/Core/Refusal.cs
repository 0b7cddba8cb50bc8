namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Contains the codes and the reason texts with which a server refuses a connection at its first packet.</summary>
internal static class Refusal
{
    /// <summary>
    /// The transport error code with which a server refuses a connection at its first packet. The iroh endpoint uses the same code.
    /// </summary>
    public const ulong ConnectionRefused = 2;

    /// <summary>
    /// The transport error code with which a server refuses a first packet whose Retry token is not valid (RFC 9000, section 8.1.2).
    /// </summary>
    public const ulong InvalidToken = 0x0b;

    /// <summary>The reason text that is sent while no protocol is accepted.</summary>
    public const string NotServing = "not serving";

    /// <summary>The reason text that is sent if the filter of the application rejects a first packet.</summary>
    public const string Rejected = "rejected";

    /// <summary>Gets the reason text that is sent if the filter of the application rejects a first packet.</summary>
    public static ReadOnlySpan<byte> RejectedText => "rejected"u8;

    /// <summary>Gets the reason text that is sent while no protocol is accepted.</summary>
    public static ReadOnlySpan<byte> NotServingText => "not serving"u8;

    /// <summary>Gets the reason text that is sent if a Retry token is not valid.</summary>
    public static ReadOnlySpan<byte> InvalidTokenText => "invalid token"u8;

    /// <summary>Gets the reason text that is sent while a limit of the endpoint is reached.</summary>
    public static ReadOnlySpan<byte> BusyText => "busy"u8;
}
