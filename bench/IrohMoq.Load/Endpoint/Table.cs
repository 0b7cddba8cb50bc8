using System.Globalization;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Represents the medians of a part: a row for each quantity, a column for each subject. The medians are those of the steady rounds, or of
/// all rounds if none was steady. A ratio is the median of the ratios of the rounds, because only neighbors can be compared.
/// </summary>
internal sealed class Table
{
    private const int Width = 13;

    private readonly string _title;
    private readonly IReadOnlyList<Goal> _goals;
    private readonly List<Cell> _medians;

    public Table(string title, IReadOnlyList<Goal> goals, IReadOnlyList<(Round Round, bool IsOff)> rounds)
    {
        _title = title;
        _goals = goals;
        var used = rounds.Any(static round => !round.IsOff) ? rounds.Where(static round => !round.IsOff) : rounds;
        _medians = [.. used.SelectMany(static round => round.Round.Cells).GroupBy(static cell => (cell.Quantity, cell.Subject))
            .Select(static group => new Cell(
                group.Key.Quantity, group.Key.Subject, Median.Of(group.Select(static cell => cell.Value))))];
    }

    public void Print(TextWriter writer)
    {
        var subjects = _medians.Select(static cell => cell.Subject).Distinct().ToArray();
        writer.WriteLine($"{_title,-40}{string.Concat(subjects.Select(static subject => subject.PadLeft(Width)))}   wanted");
        foreach (var row in _medians.GroupBy(static cell => cell.Quantity))
        {
            var values = subjects.Select(subject => (row.FirstOrDefault(cell => cell.Subject == subject) is { } cell
                ? Format(cell.Value)
                : "").PadLeft(Width));
            var goals = _goals.Where(goal => goal.Quantity == row.Key).Select(goal =>
                $"{goal.Subject} {goal}: {(goal.IsMet(Of(goal)) ? "met" : "MISSED")}");
            writer.WriteLine($"{row.Key,-40}{string.Concat(values)}   {string.Join("; ", goals)}".TrimEnd());
        }
    }

    /// <summary>Returns the medians by subject and quantity, for JSON.</summary>
    public Dictionary<string, Dictionary<string, double>> ToJson() =>
        _medians.GroupBy(static cell => cell.Subject).ToDictionary(
            static group => group.Key,
            static group => group.ToDictionary(static cell => cell.Quantity, static cell => Rounded(cell.Value)));

    /// <summary>Returns the names of the wanted limits that were not met.</summary>
    public IEnumerable<string> Missed() =>
        _goals.Where(goal => !goal.IsMet(Of(goal))).Select(goal => $"{_title}: {goal.Subject} {goal.Quantity} {goal}");

    private double Of(Goal goal) => _medians.Single(cell => cell.Quantity == goal.Quantity && cell.Subject == goal.Subject).Value;

    private static string Format(double value) =>
        Rounded(value).ToString(Math.Abs(value) >= 1000 ? "#,0" : "0.####", CultureInfo.InvariantCulture);

    /// <summary>Returns a value with at least three significant digits.</summary>
    private static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value))
            return 0;
        return Math.Round(value, Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9));
    }
}
