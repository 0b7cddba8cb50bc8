namespace IrohMoq.Reactive.Transport;

/// <summary>Contains the names of the transport error codes of QUIC, for logs and messages.</summary>
internal static class QuicErrorNames
{
    private const ulong FirstTlsAlert = 0x100;
    private const ulong LastTlsAlert = 0x1ff;

    // RFC 9000, section 20.1, and RFC 9368, section 10.2. The name of the code 0 is left out: the code means that there is none, too.
    private static readonly string[] Names =
    [
        "", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR", "STREAM_STATE_ERROR", "FINAL_SIZE_ERROR",
        "FRAME_ENCODING_ERROR", "TRANSPORT_PARAMETER_ERROR", "CONNECTION_ID_LIMIT_ERROR", "PROTOCOL_VIOLATION", "INVALID_TOKEN",
        "APPLICATION_ERROR", "CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR", "AEAD_LIMIT_REACHED", "NO_VIABLE_PATH",
        "VERSION_NEGOTIATION_ERROR",
    ];

    /// <summary>Returns the name of a code, or an empty string if it has none.</summary>
    public static string NameOf(ulong code) => code switch
    {
        >= FirstTlsAlert and <= LastTlsAlert => $"CRYPTO_ERROR, TLS alert {code - FirstTlsAlert}",
        _ when code < (ulong)Names.Length => Names[code],
        _ => "",
    };
}
