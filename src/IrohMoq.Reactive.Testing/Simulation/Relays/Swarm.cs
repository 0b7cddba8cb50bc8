using System.Globalization;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the peers of a <see cref="RelayScenario"/>: publishers, relays that forward what they publish, and readers, which have
/// sessions with several relays and possibly with the publishers. Peers are numbered in this order.
/// </summary>
/// <param name="Publishers">The number of publishers.</param>
/// <param name="Relays">The number of relays.</param>
/// <param name="Readers">The number of readers.</param>
internal sealed record Swarm(int Publishers, int Relays, int Readers)
{
    // Both publishers may publish each of the names. Tracks below "whole" are lossless.
    private static readonly BroadcastPath[] Names = ["live/a", "live/b", "whole/c"];

    public static IReadOnlyList<BroadcastPath> BroadcastNames => Names;

    public int Count => Publishers + Relays + Readers;

    /// <summary>Draws the numbers of peers from a seed.</summary>
    public static Swarm Of(Seed seed)
    {
        var random = new Random(seed.Number("swarm"));
        return new Swarm(random.Next(1, 3), random.Next(2, 4), random.Next(1, 4));
    }

    /// <summary>Returns the name of the broadcast that a step value selects.</summary>
    public static BroadcastPath BroadcastOf(int value) => Names[value % Names.Length];

    /// <summary>Returns a value that indicates whether the track of a broadcast is lossless.</summary>
    public static bool IsLossless(BroadcastPath name) => name.ToString().StartsWith("whole/", StringComparison.Ordinal);

    public bool IsPublisher(int peer) => peer < Publishers;

    public bool IsRelay(int peer) => peer >= Publishers && peer < Publishers + Relays;

    public bool IsReader(int peer) => peer >= Publishers + Relays;

    /// <summary>Returns the numbers of the peers that a peer may read from: those before it, but no other reader.</summary>
    public int UpstreamsOf(int peer) => IsPublisher(peer) ? 0 : Math.Min(peer, Publishers + Relays);

    /// <summary>Returns the name of a peer in the trace.</summary>
    public string NameOf(int peer) => IsPublisher(peer)
        ? string.Create(CultureInfo.InvariantCulture, $"publisher{peer}")
        : IsRelay(peer)
            ? string.Create(CultureInfo.InvariantCulture, $"relay{peer - Publishers}")
            : string.Create(CultureInfo.InvariantCulture, $"reader{peer - Publishers - Relays}");

    public override string ToString() => $"{Publishers} publishers, {Relays} relays, {Readers} readers";
}
