namespace IrohMoq.Tool.Output;

/// <summary>Creates the output that fits the command-line arguments and the terminal.</summary>
internal static class Outputs
{
    /// <summary>Creates an output.</summary>
    /// <param name="json">True if JSON output is requested; otherwise, false.</param>
    /// <param name="payloadOnStandardOutput">
    /// True if the payload is written to standard output, so that text for people goes to standard error; otherwise, false.
    /// </param>
    /// <exception cref="UsageException">Both JSON and the payload are requested on standard output.</exception>
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
