namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Draws the versions of moq-lite that the peers of a simulation offer. All of them offer one version that is drawn for the simulation, so
/// that every pair can connect, and each offers any number of the others.
/// </summary>
internal static class MixedProtocols
{
    public static IReadOnlyList<string> Of(Seed seed, string peer)
    {
        var all = MoqOptions.SupportedProtocols;
        var common = all[new Random(seed.Number("common protocol")).Next(all.Count)];
        var random = new Random(seed.Number("protocols of " + peer));
        return [.. all.Where(protocol => random.Next(2) == 0 || string.Equals(protocol, common, StringComparison.Ordinal))];
    }
}
