namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies a version of moq-lite. The codec of every message branches on the version, so a new version needs a member here, a name in
/// <see cref="MoqVersions"/> and a case in each message that differs. The members are ordered, so that a codec may ask for
/// <c>version &gt;= Lite05</c>.
/// </summary>
internal enum MoqVersion
{
    /// <summary>The version moq-lite-03. It has no handshake of its own; the negotiated protocol name is sufficient.</summary>
    Lite03 = 3,

    /// <summary>The version moq-lite-04, which adds hop ids, round-trip times and GOAWAY.</summary>
    Lite04 = 4,

    /// <summary>The version moq-lite-05, which adds SETUP, TRACK, timestamps, datagrams and a FETCH that peers implement.</summary>
    Lite05 = 5,

    /// <summary>The version moq-lite-06, in which an announcement is a route over a prefix and a position has frame bounds.</summary>
    Lite06 = 6,
}
