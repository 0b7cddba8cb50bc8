namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies a version of moq-lite. The codec of every message branches on the version, so a new version needs a member here, a name in
/// <see cref="MoqVersions"/> and a case in each message that differs.
/// </summary>
internal enum MoqVersion
{
    /// <summary>The version moq-lite-03. It has no handshake of its own; the negotiated protocol name is sufficient.</summary>
    Lite03 = 3,
}
