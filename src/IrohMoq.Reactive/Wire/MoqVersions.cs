namespace IrohMoq.Reactive.Wire;

/// <summary>How versions are named in ALPN (and, with the same text, as a WebTransport or QMux protocol).</summary>
internal static class MoqVersions
{
    private const string Lite03Alpn = "moq-lite-03";

    /// <summary>Gets the names to offer, the best first.</summary>
    public static IReadOnlyList<string> Offered { get; } = [Lite03Alpn];

    extension(MoqVersion version)
    {
        /// <summary>Gets the version's name on the wire.</summary>
        public string Alpn => version switch
        {
            MoqVersion.Lite03 => Lite03Alpn,
            _ => throw version.NotSpoken(),
        };

        /// <summary>
        /// Returns what every codec throws for a version it has no arm for: a mistake of the caller's, since versions come from
        /// <see cref="TryFromAlpn"/>.
        /// </summary>
        public ArgumentOutOfRangeException NotSpoken() =>
            new(nameof(version), version, "This version of moq-lite is not spoken here.");
    }

    /// <summary>Returns the version that a negotiated name stands for.</summary>
    /// <returns>False if the name is none that this library speaks.</returns>
    public static bool TryFromAlpn(string? alpn, out MoqVersion version)
    {
        version = MoqVersion.Lite03;
        return string.Equals(alpn, Lite03Alpn, StringComparison.Ordinal);
    }
}
