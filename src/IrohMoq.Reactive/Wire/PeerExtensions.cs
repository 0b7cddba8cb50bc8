namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies what a peer understands that is not in the specification. A peer states it in SETUP, in a parameter that others ignore.
/// </summary>
[Flags]
internal enum PeerExtensions : ulong
{
    /// <summary>The peer follows the specification alone.</summary>
    None = 0,

    /// <summary>
    /// A SUBSCRIBE of moq-lite-06 with the maximum age 2^53 - 2 begins with the newest group, and no group expires until an update.
    /// </summary>
    FromNewest = 1,
}
