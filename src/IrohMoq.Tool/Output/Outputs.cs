namespace IrohMoq.Tool.Output;

/// <summary>Which output fits the words and the terminal.</summary>
internal static class Outputs
{
    /// <summary>Chooses one.</summary>
    /// <param name="json">The user wants JSON.</param>
    /// <param name="payloadOnStandardOutput">The payload takes standard output, so words for people go to standard error.</param>
    public static IOutput Choose(bool json, bool payloadOnStandardOutput)
    {
        if (json && payloadOnStandardOutput)
            throw new UsageException("--json and --output - both want standard output; give one of them a file");
        if (json)
            return new JsonOutput();
        var writer = payloadOnStandardOutput ? Console.Error : Console.Out;
        var redirected = payloadOnStandardOutput ? Console.IsErrorRedirected : Console.IsOutputRedirected;
        return redirected ? new PlainOutput(writer) : new LiveOutput(writer);
    }
}
