using System.Globalization;

namespace IrohMoq.Load.Endpoint;

/// <summary>Represents a round of a part, with the state of the machine before, during and after it.</summary>
/// <param name="Cells">The measured values.</param>
/// <param name="Before">The time of one AES packet before the round, in nanoseconds.</param>
/// <param name="After">The time of one AES packet after the round, in nanoseconds.</param>
/// <param name="Load">The load average at the beginning.</param>
/// <param name="Times">The processor times of the machine during the round.</param>
internal sealed record Round(IReadOnlyList<Cell> Cells, double Before, double After, double Load, MachineTimes Times)
{
    private const double Tolerance = 0.1;

    public static async Task<Round> RunAsync(EndpointPart part, EndpointSizes sizes)
    {
        var load = MachineTimes.Load();
        var before = AesLoop.Measure();
        var start = MachineTimes.Now();
        var cells = await part.RunAsync(sizes);
        var times = MachineTimes.Now() - start;
        return new Round(cells, before, AesLoop.Measure(), load, times);
    }

    /// <summary>Returns a value that indicates whether the machine was about as fast as usual, before and after the round.</summary>
    public bool IsSteady(double usual) =>
        Math.Abs((Before / usual) - 1) <= Tolerance && Math.Abs((After / usual) - 1) <= Tolerance;

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"aes packet {Before:0} ns before, {After:0} ns after; load {Load:0.0}; others {Times.OthersShare:P0}; "
            + $"steal {Times.StealShare:P1}");
}
