namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Defines the limits of what is written and accepted. They are chosen so that no released peer refuses what this library writes.
/// </summary>
internal static class WireLimits
{
    /// <summary>
    /// The maximum size of the body of any message except a frame, in bytes. It is checked as soon as the length is known, before any
    /// byte of the body is buffered.
    /// </summary>
    public const int MaxMessageSize = 64 * 1024;

    /// <summary>The maximum size of the payload of a frame, in bytes. A Rust peer refuses larger frames.</summary>
    public const int MaxFrameSize = 32 * 1024 * 1024;

    /// <summary>The maximum size of a datagram, in bytes, including its header.</summary>
    public const int MaxDatagramSize = 1200;

    /// <summary>The maximum length of a path or a track name, in bytes of UTF-8 as sent on the wire.</summary>
    public const int MaxStringBytes = BroadcastPath.MaxBytes;

    /// <summary>The maximum length of the URI of a GOAWAY and of the path of a SETUP, in bytes of UTF-8.</summary>
    public const int MaxUriBytes = 8192;

    /// <summary>The maximum number of relays that the announcement of a broadcast may have passed.</summary>
    public const int MaxHops = 32;

    /// <summary>The maximum number of parameters of a SETUP.</summary>
    public const int MaxParameters = 64;

    /// <summary>
    /// The largest number that this library writes, because a JavaScript peer cannot read larger numbers and fails the stream. Ids of
    /// subscriptions, announcements and hops, costs, and timestamps are exceptions, because peers read all of their 62 bits. Received
    /// numbers are accepted up to <see cref="Varint.MaxValue"/>.
    /// </summary>
    public const ulong MaxWrittenNumber = (1UL << 53) - 1;
}
