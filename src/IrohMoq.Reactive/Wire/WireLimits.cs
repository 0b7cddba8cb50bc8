namespace IrohMoq.Reactive.Wire;

/// <summary>What is written and accepted at most. Chosen so that no shipping peer refuses what is written here.</summary>
internal static class WireLimits
{
    /// <summary>The body of any message but a frame. Checked as soon as its length is known, before anything is buffered for it.</summary>
    public const int MaxMessageSize = 64 * 1024;

    /// <summary>The payload of a frame; a Rust peer refuses more.</summary>
    public const int MaxFrameSize = 32 * 1024 * 1024;

    /// <summary>A path or a track name, in bytes of UTF-8 as they stand on the wire.</summary>
    public const int MaxStringBytes = BroadcastPath.MaxBytes;

    /// <summary>The distance of an announced broadcast from its origin.</summary>
    public const int MaxHops = 32;

    /// <summary>
    /// The largest number that a JavaScript peer reads: it fails the stream above. Larger ones are never written (subscribe ids excepted,
    /// which it reads whole), but accepted up to <see cref="Varint.MaxValue"/>.
    /// </summary>
    public const ulong MaxWrittenNumber = (1UL << 53) - 1;
}
