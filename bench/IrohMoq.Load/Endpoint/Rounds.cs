namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Runs the rounds of a part. The rounds in which the machine was not as fast as in the median are run again, a limited number of times.
/// </summary>
internal sealed class Rounds(EndpointPart part, EndpointSizes sizes)
{
    private readonly List<double> _packetTimes = [];

    /// <summary>Gets the median of the times of one AES packet, in nanoseconds.</summary>
    public double Usual => Median.Of(_packetTimes);

    /// <summary>Runs the part.</summary>
    /// <returns>The rounds. Those in which the machine was not steady despite the repetitions are off.</returns>
    public async Task<IReadOnlyList<(Round Round, bool IsOff)>> RunAsync()
    {
        var rounds = new List<Round>();
        for (var i = 0; i < sizes.Rounds; i++)
            rounds.Add(await RunAsync($"round {i + 1}"));
        for (var rerun = 0; rerun < sizes.MostReruns; rerun++)
        {
            for (var i = 0; i < rounds.Count; i++)
            {
                if (!rounds[i].IsSteady(Usual))
                    rounds[i] = await RunAsync($"round {i + 1}, again");
            }
        }

        return [.. rounds.Select(round => (round, !round.IsSteady(Usual)))];
    }

    private async Task<Round> RunAsync(string title)
    {
        var round = await Round.RunAsync(part, sizes);
        _packetTimes.AddRange([round.Before, round.After]);
        Console.WriteLine($"{part.Name} {title}: {round}");
        return round;
    }
}
