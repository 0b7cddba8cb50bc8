using System.Security.Cryptography;

namespace IrohMoq.Reactive.Time;

/// <summary>A manager's source of chance: who draws gets a source of its own, so that one more draw of one shifts no other's.</summary>
/// <param name="seed">The same seed and the same order of splits give the same; null takes one from the system.</param>
internal sealed class RandomSource(int? seed)
{
    private readonly Random _seeds = new(seed ?? RandomNumberGenerator.GetInt32(int.MaxValue));
    private readonly Lock _gate = new();

    /// <summary>A source for one user.</summary>
    public Random Split()
    {
        lock (_gate)
            return new Random(_seeds.Next());
    }
}
