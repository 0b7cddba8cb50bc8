namespace IrohMoq.Reactive.Transport;

/// <summary>Describes how a connection ended.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Code">
/// The application's code for <see cref="TransportEndCause.ClosedByApplication"/>; otherwise the transport's own error code, or 0 if
/// there is none.
/// </param>
/// <param name="Reason">
/// The text that was sent with the code, or a description of what this side detected; never null. Bytes from the peer that are not valid
/// UTF-8 are replaced.
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
            TransportEndCause.TimedOut when Reason.Length > 0 => $"timed out{why}",
            TransportEndCause.TimedOut => "timed out: nothing arrived from the peer within the idle timeout",
            TransportEndCause.Reset => "was reset: the peer does not know the connection any more",
            TransportEndCause.VersionMismatch => $"could not begin: the peer supports no QUIC version of this side{why}",
            TransportEndCause.NoViablePath => $"failed {by}: the network path does not carry its packets{why}",
            TransportEndCause.AeadLimitReached => $"ended {by}: its keys have reached their limit{why}",
            _ => $"failed {by} with transport error 0x{Code:x}{Name}{why}",
        };
    }

    private string Name => QuicErrorNames.NameOf(Code) is { Length: > 0 } name ? $" ({name})" : "";
}
