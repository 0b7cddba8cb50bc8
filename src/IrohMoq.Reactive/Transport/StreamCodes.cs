namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Maps the codes of stream resets and stops into the code space of HTTP/3 and back, as web-transport-iroh does on a raw QUIC connection,
/// although there is no HTTP/3. Codes of connection closes are not mapped. See draft-ietf-webtrans-http3, section 4.3.
/// </summary>
internal static class StreamCodes
{
    private const ulong First = 0x52e4a40fa8db;
    private const ulong Last = 0x52e5ac983162;

    /// <summary>Returns the code on the wire for a code of the application.</summary>
    /// <param name="code">The code of the application.</param>
    public static ulong ToWire(uint code) => First + code + (code / 0x1e);

    /// <summary>
    /// Returns the code of the application for a code on the wire. A code outside the mapped range is returned unchanged, because a dropped
    /// stream of a Rust peer sends a plain 0; a code that does not fit 32 bits gives null.
    /// </summary>
    /// <param name="code">The code on the wire.</param>
    public static uint? FromWire(ulong code)
    {
        if (code is < First or > Last)
            return code <= uint.MaxValue ? (uint)code : null;
        var shifted = code - First;
        return (uint)(shifted - (shifted / 0x1f));
    }
}
