using IrohMoq.Load.Endpoint;

namespace IrohMoq.Reactive.Iroh.Tests;

public sealed class TableTests
{
    private const string Rate = "rate MB/s";

    [Test]
    public void Medians_AreThoseOfTheSteadyRounds()
    {
        var table = Create([], (Round(1), false), (Round(2), false), (Round(3), false), (Round(90), true), (Round(91), true));
        Assert.That(table.ToJson()["raw"][Rate], Is.EqualTo(2));
    }

    [Test]
    public void WithoutASteadyRound_TheMediansAreThoseOfAll()
    {
        var table = Create([], (Round(1), true), (Round(2), true), (Round(3), true));
        Assert.That(table.ToJson()["raw"][Rate], Is.EqualTo(2));
    }

    [Test]
    public void MissedGoals_AreReported()
    {
        var goals = new Goal[] { new(Rate, "raw", 300, IsLeast: true), new(Rate, "raw", 300), new(Rate, "raw", 200) };
        var table = Create(goals, (Round(300), false));
        Assert.That(table.Missed(), Is.EqualTo(new[] { "bulk: raw rate MB/s <= 200" }));
        var writer = new StringWriter();
        table.Print(writer);
        Assert.That(writer.ToString(), Does.Contain("raw >= 300: met; raw <= 300: met; raw <= 200: MISSED"));
    }

    [Test]
    public void Ratios_DivideTheValuesOfOneQuantity()
    {
        var cells = new Cell[] { new(Rate, "floor", 400), new(Rate, "raw", 300), new("cpu", "floor", 2), new("cpu", "raw", 3) };
        Assert.That(
            Cell.Ratios(cells, "raw", "floor", "raw/floor", Rate, "cpu"),
            Is.EqualTo(new Cell[] { new(Rate, "raw/floor", 0.75), new("cpu", "raw/floor", 1.5) }));
    }

    private static Table Create(Goal[] goals, params (Round Round, bool IsOff)[] rounds) => new("bulk", goals, rounds);

    private static Round Round(double rate) => new([new Cell(Rate, "raw", rate)], 400, 400, 0, new MachineTimes(0, 0, 0, 0));
}
