namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Runs rounds. Those in which the machine was not as fast as in the median of all are run again, a limited number of times.
/// </summary>
/// <param name="run">Runs one round.</param>
internal sealed class Rounds(Func<Task<Round>> run)
{
    private readonly List<double> _packetTimes = [];

    /// <summary>Gets the median of the times of one AES packet, in nanoseconds.</summary>
    public double Usual => Median.Of(_packetTimes);

    /// <summary>Runs the rounds.</summary>
    /// <param name="count">The number of rounds.</param>
    /// <param name="mostReruns">The number of times that a round may be run again.</param>
    /// <param name="report">Is called with the title and the result of each run.</param>
    /// <returns>The rounds. Those in which the machine was not steady despite the repetitions are off.</returns>
    public async Task<IReadOnlyList<(Round Round, bool IsOff)>> RunAsync(int count, int mostReruns, Action<string, Round> report)
    {
        var rounds = new List<Round>();
        for (var i = 0; i < count; i++)
            rounds.Add(await RunAsync($"round {i + 1}"));
        for (var rerun = 0; rerun < mostReruns; rerun++)
        {
            for (var i = 0; i < rounds.Count; i++)
            {
                if (!rounds[i].IsSteady(Usual))
                    rounds[i] = await RunAsync($"round {i + 1}, again");
            }
        }

        return [.. rounds.Select(round => (round, !round.IsSteady(Usual)))];

        async Task<Round> RunAsync(string title)
        {
            var round = await run();
            _packetTimes.AddRange([round.Before, round.After]);
            report(title, round);
            return round;
        }
    }
}
