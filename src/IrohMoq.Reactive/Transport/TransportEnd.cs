namespace IrohMoq.Reactive.Transport;

/// <summary>Describes how a connection ended.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Code">
/// The application's code for <see cref="TransportEndCause.ClosedByApplication"/>; otherwise the transport's own error code, or 0 if
/// there is none.
/// </param>
/// <param name="Reason">
/// The text that was sent with the code, never null. Bytes from the peer that are not valid UTF-8 are replaced.
/// </param>
/// <param name="IsRemote">True if the peer ended the connection.</param>
public sealed record TransportEnd(TransportEndCause Cause, ulong Code, string Reason, bool IsRemote)
{
    /// <summary>Returns a description for logs and messages.</summary>
    public override string ToString()
    {
        var by = IsRemote ? "by the peer" : "on this side";
        var why = Reason.Length == 0 ? "" : $": {Reason}";
        return Cause switch
        {
            TransportEndCause.ClosedByApplication => $"closed {by} with code {Code}{why}",
            TransportEndCause.TimedOut => "timed out: nothing arrived from the peer within the idle timeout",
            TransportEndCause.Reset => "was reset: the peer does not know the connection any more",
            _ => $"failed {by} with transport error 0x{Code:x}{why}",
        };
    }
}
