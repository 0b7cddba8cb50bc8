using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves a PROBE stream. Without an estimate of the send rate there is nothing to report: the stream is held open until the peer ends it.
/// It is never reset, because an old JavaScript peer takes that for the end of the session. There is no limit for the first message,
/// because Rust peers send none; a message that is begun has a limit.
/// </summary>
internal static class ProbeResponder
{
    /// <exception cref="OperationCanceledException">A message has not come whole in time.</exception>
    public static async ValueTask ServeAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over)
    {
        while (await reader.WaitForMessageAsync().ConfigureAwait(false))
        {
            using var limit = connection.Runtime.Limit(connection.Limits.FirstMessage, over);
            // A target rate is only a request, and there is no rate to adapt.
            await reader.ReadAsync<Probe>(limit.Token).ConfigureAwait(false);
        }

        stream.Send.Finish();
    }
}
