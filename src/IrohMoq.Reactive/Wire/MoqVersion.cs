namespace IrohMoq.Reactive.Wire;

/// <summary>
/// A version of moq-lite. Every message's codec switches on it, so a new version is a member here, a name in <see cref="MoqVersions"/> and
/// an arm in each message that differs.
/// </summary>
internal enum MoqVersion
{
    /// <summary>moq-lite-03: no handshake of its own, the negotiated protocol name is all.</summary>
    Lite03 = 3,
}
