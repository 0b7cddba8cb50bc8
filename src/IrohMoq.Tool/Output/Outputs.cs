using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Output;

/// <summary>Creates the output that fits the command-line arguments and the terminal.</summary>
internal static class Outputs
{
    /// <summary>Creates an output.</summary>
    /// <param name="json">True if JSON output is requested; otherwise, false.</param>
    /// <param name="payloadOnStandardOutput">
    /// True if the payload is written to standard output, so that text for people goes to standard error; otherwise, false.
    /// </param>
    public static IOutput Choose(bool json, bool payloadOnStandardOutput)
    {
        if (json)
            return new JsonOutput();
        var writer = payloadOnStandardOutput ? Console.Error : Console.Out;
        return StandardStreams.IsTerminal(error: payloadOnStandardOutput) && HasControlSequences()
            ? new LiveOutput(writer)
            : new PlainOutput(writer);
    }

    /// <summary>Determines whether the terminal understands control sequences.</summary>
    private static bool HasControlSequences() => Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
