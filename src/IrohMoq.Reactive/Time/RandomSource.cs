using System.Security.Cryptography;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// The random number generators of a manager. Each component gets a generator of its own, so that the number of values that one component
/// draws does not change the values of another.
/// </summary>
/// <param name="seed">
/// The seed: the same seed and the same order of <see cref="Split"/> calls give the same generators. Null for a random seed.
/// </param>
internal sealed class RandomSource(int? seed)
{
    private readonly Random _seeds = new(seed ?? RandomNumberGenerator.GetInt32(int.MaxValue));
    private readonly Lock _gate = new();

    /// <summary>Returns a new generator for one component.</summary>
    public Random Split()
    {
        lock (_gate)
            return new Random(_seeds.Next());
    }
}
