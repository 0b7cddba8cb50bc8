namespace IrohMoq.Reactive.Wire;

/// <summary>Maps versions to their names in ALPN. The same names are used as WebTransport or QMux protocols.</summary>
internal static class MoqVersions
{
    private const string Lite03Alpn = "moq-lite-03";

    /// <summary>Gets the protocol names to offer, in order of preference.</summary>
    public static IReadOnlyList<string> Offered { get; } = [Lite03Alpn];

    extension(MoqVersion version)
    {
        /// <summary>Gets the protocol name of the version.</summary>
        public string Alpn => version switch
        {
            MoqVersion.Lite03 => Lite03Alpn,
            _ => throw version.NotSpoken(),
        };

        /// <summary>
        /// Returns the exception that every codec throws for a version that it does not support. This is an error of the caller, because
        /// versions come from <see cref="TryFromAlpn"/>.
        /// </summary>
        public ArgumentOutOfRangeException NotSpoken() =>
            new(nameof(version), version, "This version of moq-lite is not spoken here.");
    }

    /// <summary>Gets the version for a negotiated protocol name.</summary>
    /// <returns>False if the name is not that of a supported version.</returns>
    public static bool TryFromAlpn(string? alpn, out MoqVersion version)
    {
        version = MoqVersion.Lite03;
        return string.Equals(alpn, Lite03Alpn, StringComparison.Ordinal);
    }
}
