using System.Security.Cryptography;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// Provides the random number generators of a manager. Each component has a separate generator, so that the number of values that one
/// component draws does not change the values of another.
/// </summary>
/// <param name="seed">
/// The seed, or null for a random seed. The same seed and the same order of <see cref="Split"/> calls produce the same generators.
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
