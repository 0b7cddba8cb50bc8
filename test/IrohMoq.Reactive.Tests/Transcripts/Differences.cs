using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// A difference between what the recorded programs do and what this library does on purpose. It changes what a test expects. Nothing is
/// tolerated without an entry, and an entry that changes nothing in any session fails a test.
/// </summary>
/// <param name="Name">What this library does otherwise. docs/interop.md tells why.</param>
/// <param name="Sessions">Determines whether the entry is for a session.</param>
/// <param name="Change">Changes the expectation. Returns false if there was nothing to change.</param>
internal sealed record Difference(string Name, Func<RecordedSession, bool> Sessions, Func<Expectation, bool> Change)
{
    /// <summary>Changes an expectation.</summary>
    /// <returns>False if the expectation stays as it is.</returns>
    public bool ApplyTo(Expectation expectation) => Sessions(expectation.Session) && Change(expectation);

    public override string ToString() => Name;
}

/// <summary>Lists the differences that are intended, in the order in which they are applied.</summary>
internal static partial class Differences
{
    public static IEnumerable<Difference> All => [.. OfEverySession, .. OfPublishers, .. OfSubscribers];

    private static readonly Difference[] OfEverySession =
    [
        new(
            "every session asks for announcements",
            static session => session.IsPublisher,
            static all =>
            {
                var version = all.Session.Version;
                var hop = version is MoqVersion.Lite04 or MoqVersion.Lite05 ? all.Session.Hop : 0;
                all.Add("Announce", new AnnounceRequest(default, hop));
                return true;
            }),
        new(
            "SETUP names no role",
            static session => session.Version.HasSetup,
            static all => all.Replace<Setup>(static setup => setup with { Role = null })),
        new(
            "SETUP names no path",
            static session => session.Version.HasSetup,
            static all => all.Replace<Setup>(static setup => setup with { Path = null })),
        new(
            "SETUP tells an extension",
            static session => session.Version.HasSetup,
            static all => all.Replace<Setup>(static setup => setup with { Extensions = PeerExtensions.FromNewest })),
        new(
            "up to moq-lite-05 the codes are the old ones",
            static session => session.Version < MoqVersion.Lite06,
            static all => all.ReplaceCodes(OldCode)),
        new(
            "in moq-lite-06 a cancellation is 1",
            static session => session.Version == MoqVersion.Lite06,
            static all => all.ReplaceStops(static code => code == 0 ? 1 : code)),
    ];

    private static uint OldCode(uint code) => code switch
    {
        0x1 => 0,
        0x33 => 13,
        0x36 => 30,
        _ => code,
    };
}
