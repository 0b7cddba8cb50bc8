using System.Globalization;

namespace IrohMoq.Load;

/// <summary>Runs one transfer of the modes floor, raw and moq between two processes.</summary>
internal static class ThroughputRun
{
    /// <summary>Runs one transfer.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="amount">Up to 100 a number of seconds, otherwise a number of frames.</param>
    public static async Task<(Figures Sender, Figures Receiver)> RunAsync(string mode, double amount)
    {
        var text = amount.ToString(CultureInfo.InvariantCulture);
        var (listened, dialed) = await ProcessPair.RunAsync(["receive", mode, text], address => ["send", mode, address, text]);
        // A publisher listens, and a subscriber dials it.
        return mode == "moq" ? (Figures.Parse(listened), Figures.Parse(dialed)) : (Figures.Parse(dialed), Figures.Parse(listened));
    }
}
