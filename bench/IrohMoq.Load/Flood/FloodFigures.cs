namespace IrohMoq.Load.Flood;

/// <summary>Represents the measurements of one kind of flood.</summary>
/// <param name="Quiet">The median rate of the bulk transfer, in MB/s, while the flood goes to another socket.</param>
/// <param name="Attacked">The median rate of the bulk transfer, in MB/s, while the flood goes to the endpoint.</param>
/// <param name="Ratio">The median of the ratios of an attacked phase to the quiet phase before it.</param>
/// <param name="SentPerSecond">The number of datagrams that the flood had per second.</param>
/// <param name="Dials">
/// The sorted durations, in milliseconds, of the honest dials during the attack; infinity for a dial that did not succeed within a second.
/// </param>
internal sealed record FloodFigures(double Quiet, double Attacked, double Ratio, double SentPerSecond, double[] Dials)
{
    /// <summary>Gets the share of the honest dials that succeeded within a second.</summary>
    public double Succeeded => (double)Dials.Count(double.IsFinite) / Math.Max(Dials.Length, 1);

    /// <summary>Returns the duration, in milliseconds, below which a share of the dials is.</summary>
    public double Percentile(double share) => Dials.Length == 0 ? double.NaN : Dials[(int)Math.Min(Dials.Length * share, Dials.Length - 1)];
}
