namespace IrohMoq.Reactive.Wire;

/// <summary>Maps versions to their names in ALPN. The same names are used as WebTransport or QMux protocols.</summary>
internal static class MoqVersions
{
    private const string Lite03Alpn = "moq-lite-03";
    private const string Lite04Alpn = "moq-lite-04";
    private const string Lite05Alpn = "moq-lite-05";
    private const string Lite06Alpn = "moq-lite-06";

    /// <summary>
    /// Gets the versions whose messages this library reads and writes, newest first. The names that end with <c>-wip</c> are not among
    /// them: they denote drafts with other layouts.
    /// </summary>
    public static IReadOnlyList<MoqVersion> Known { get; } = [MoqVersion.Lite06, MoqVersion.Lite05, MoqVersion.Lite04, MoqVersion.Lite03];

    /// <summary>
    /// Gets the protocol names to offer, in order of preference. A version is offered only if sessions implement it, not merely its
    /// messages.
    /// </summary>
    public static IReadOnlyList<string> Offered { get; } = [Lite06Alpn, Lite05Alpn, Lite04Alpn, Lite03Alpn];

    extension(MoqVersion version)
    {
        /// <summary>Gets the protocol name of the version.</summary>
        public string Alpn => version switch
        {
            MoqVersion.Lite03 => Lite03Alpn,
            MoqVersion.Lite04 => Lite04Alpn,
            MoqVersion.Lite05 => Lite05Alpn,
            MoqVersion.Lite06 => Lite06Alpn,
            _ => throw version.NotSpoken(),
        };

        /// <summary>
        /// Returns the exception that every codec throws for a message that the version lacks, and for a version that is not known. This
        /// is an error of the caller, because versions come from <see cref="TryFromAlpn"/>.
        /// </summary>
        public ArgumentOutOfRangeException NotSpoken() =>
            new(nameof(version), version, "This version of moq-lite is not spoken here, or does not have the message.");
    }

    /// <summary>Returns a copy of a list of protocol names.</summary>
    /// <exception cref="ArgumentException">The list is empty, or contains a name twice or one that is not known.</exception>
    public static IReadOnlyList<string> Checked(IReadOnlyList<string> protocols, string parameter)
    {
        ArgumentNullException.ThrowIfNull(protocols, parameter);
        string[] names = [.. protocols];
        if (names.Length == 0)
            throw new ArgumentException("At least one protocol is needed.", parameter);
        foreach (var name in names)
        {
            if (!TryFromAlpn(name, out _))
            {
                var known = string.Join(", ", Known.Select(static version => version.Alpn));
                throw new ArgumentException($"The protocol '{name}' is not supported. Use one of {known}.", parameter);
            }
        }

        return names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? names
            : throw new ArgumentException("A protocol is named twice.", parameter);
    }

    /// <summary>Gets the version for a negotiated protocol name.</summary>
    /// <returns>False if the name is not that of a known version.</returns>
    public static bool TryFromAlpn(string? alpn, out MoqVersion version)
    {
        version = alpn switch
        {
            Lite04Alpn => MoqVersion.Lite04,
            Lite05Alpn => MoqVersion.Lite05,
            Lite06Alpn => MoqVersion.Lite06,
            _ => MoqVersion.Lite03,
        };
        return string.Equals(alpn, version.Alpn, StringComparison.Ordinal);
    }
}
