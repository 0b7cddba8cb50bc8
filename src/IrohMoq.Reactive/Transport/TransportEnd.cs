namespace IrohMoq.Reactive.Transport;

/// <summary>How a connection ended.</summary>
/// <param name="Cause">What ended it.</param>
/// <param name="Code">The application's code for <see cref="TransportEndCause.ClosedByApplication"/>, the transport's own code otherwise (0 where it has none).</param>
/// <param name="Reason">The text that came with it, never null. A peer's text is shown lossily if it is not UTF-8.</param>
/// <param name="IsRemote">True if the peer ended it.</param>
public sealed record TransportEnd(TransportEndCause Cause, ulong Code, string Reason, bool IsRemote)
{
    /// <summary>A sentence for logs and messages.</summary>
    public override string ToString()
    {
        var by = IsRemote ? "by the peer" : "on this side";
        var why = Reason.Length == 0 ? "" : $": {Reason}";
        return Cause switch
        {
            TransportEndCause.ClosedByApplication => $"closed {by} with code {Code}{why}",
            TransportEndCause.TimedOut => "timed out: nothing came from the peer within the idle limit",
            TransportEndCause.Reset => "the peer does not know the connection any more",
            _ => $"failed {by} with transport error 0x{Code:x}{why}",
        };
    }
}
