using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>How fast a session can send, and how fast it sends.</summary>
public static class Rates
{
    /// <summary>The height of the pictures that can be sent.</summary>
    public static IObservable<int> Heights(MoqSession session) =>
        session.SendRates()
            .Select(rate => rate.BytesPerSecond switch { null or > 600_000 => 1080, > 250_000 => 720, _ => 360 })
            .DistinctUntilChanged();

    /// <summary>The number of bytes that were sent in each second.</summary>
    public static IObservable<long> Sent(MoqSession session) =>
        session.Statistics(TimeSpan.FromSeconds(1))
            .Buffer(count: 2, skip: 1)
            .Where(pair => pair.Count == 2)
            .Select(pair => pair[1].BytesSent - pair[0].BytesSent);
}
