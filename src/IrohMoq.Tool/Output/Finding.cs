namespace IrohMoq.Tool.Output;

/// <summary>Represents the result of a check of the machine.</summary>
/// <param name="Check">The name of the check, for example "UDP sockets".</param>
/// <param name="Verdict">Whether the tool works.</param>
/// <param name="Message">What was found.</param>
/// <param name="Advice">What to do, or null if nothing is to be done.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Message, string? Advice = null)
{
    public static Finding Ok(string check, string message) => new(check, Verdict.Ok, message);

    public static Finding Warning(string check, string message, string advice) => new(check, Verdict.Warning, message, advice);

    public static Finding Problem(string check, string message, string? advice = null) => new(check, Verdict.Problem, message, advice);
}
