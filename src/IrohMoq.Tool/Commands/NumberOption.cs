using System.CommandLine;
using System.Globalization;

namespace IrohMoq.Tool.Commands;

/// <summary>Creates options that take a number in a range, and say so if they get something else.</summary>
internal static class NumberOption
{
    /// <summary>The maximum of an option that takes seconds: 49 days, which is the longest time of a timer.</summary>
    public const double MaxSeconds = 49 * 24 * 3600;

    private const double MinSeconds = 0.001;

    /// <summary>Creates an option that takes a whole number.</summary>
    public static Option<int?> Create(string name, int min, int max, string description) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                && value >= min && value <= max)
                return value;
            result.AddError($"{name} takes a number from {min} to {max}, not '{text}'");
            return null;
        },
    };

    /// <summary>Creates an option that takes a time in seconds.</summary>
    public static Option<TimeSpan?> CreateSeconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "seconds",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && value is >= MinSeconds and <= MaxSeconds)
                return TimeSpan.FromSeconds(value);
            result.AddError($"{name} takes seconds from {MinSeconds} to {MaxSeconds:0} (49 days), not '{text}'");
            return null;
        },
    };
}
