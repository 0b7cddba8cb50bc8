using IrohMoq.Load.Endpoint;

namespace IrohMoq.Reactive.Iroh.Tests;

public sealed class RoundsTests
{
    private readonly List<string> _titles = [];

    [Test]
    public async Task SteadyRounds_AreRunOnce()
    {
        var rounds = await RunAsync(2, (100, 104), (96, 100), (109, 100));
        Assert.That(rounds.Select(static round => round.IsOff), Is.EqualTo(new[] { false, false, false }));
        Assert.That(_titles, Is.EqualTo(new[] { "round 1", "round 2", "round 3" }));
    }

    [Test]
    public async Task RoundThatIsOff_IsReplaced()
    {
        var rounds = await RunAsync(2, (100, 100), (100, 150), (100, 100), (101, 99));
        Assert.That(rounds.Select(static round => round.IsOff), Is.EqualTo(new[] { false, false, false }));
        Assert.That(rounds[1].Round.Before, Is.EqualTo(101));
        Assert.That(_titles[^1], Is.EqualTo("round 2, again"));
    }

    [Test]
    public async Task RoundThatStaysOff_IsRunALimitedNumberOfTimes_AndReported()
    {
        var rounds = await RunAsync(2, (100, 100), (80, 100), (100, 100), (85, 100), (100, 111));
        Assert.That(rounds.Select(static round => round.IsOff), Is.EqualTo(new[] { false, true, false }));
        Assert.That(_titles, Has.Count.EqualTo(5));
    }

    private async Task<IReadOnlyList<(Round Round, bool IsOff)>> RunAsync(
        int mostReruns, params (double Before, double After)[] calibrations)
    {
        _titles.Clear();
        var next = 0;
        return await new Rounds(() =>
        {
            var (before, after) = calibrations[next++];
            return Task.FromResult(new Round([], before, after, 0, new MachineTimes(0, 0, 0, 0)));
        }).RunAsync(3, mostReruns, (title, _) => _titles.Add(title));
    }
}
