namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Generates random times between steps: zero for a third of them, up to a specified time for most, and up to twenty times as long for a
/// few.
/// </summary>
internal sealed class Pauses(Seed seed, TimeSpan pause)
{
    private readonly Random _random = new(seed.Number("program pauses"));

    public TimeSpan Next() => _random.Next(20) switch
    {
        < 7 => TimeSpan.Zero,
        < 18 => pause * _random.NextDouble(),
        _ => pause * 20 * _random.NextDouble(),
    };
}
