namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Stream codes as web-transport-iroh puts them on a raw QUIC connection: resets and stops go through WebTransport's mapping into
/// HTTP/3's code space, although there is no HTTP/3. Connection close codes are not mapped. See draft-ietf-webtrans-http3, section 4.3.
/// </summary>
public static class StreamCodes
{
    private const ulong First = 0x52e4a40fa8db;
    private const ulong Last = 0x52e5ac983162;

    /// <summary>The wire's code for an application's.</summary>
    /// <param name="code">The application's code.</param>
    public static ulong ToWire(uint code) => First + code + (code / 0x1e);

    /// <summary>
    /// The application's code for the wire's. A code outside the mapped range is taken as it is, because a dropped stream of a Rust peer sends a plain 0;
    /// one that does not fit 32 bits is null.
    /// </summary>
    /// <param name="code">The wire's code.</param>
    public static uint? FromWire(ulong code)
    {
        if (code is < First or > Last)
            return code <= uint.MaxValue ? (uint)code : null;
        var shifted = code - First;
        return (uint)(shifted - (shifted / 0x1f));
    }
}
