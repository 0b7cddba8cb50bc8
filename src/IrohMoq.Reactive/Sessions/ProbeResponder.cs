using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves a PROBE stream. There is no estimate of the send rate to report, so the stream is held open until the peer ends it. The
/// stream is never reset, because old JavaScript peers treat a reset as the end of the session. There is no time limit for the first
/// message, because Rust peers send none; a message that has begun has a time limit.
/// </summary>
internal static class ProbeResponder
{
    /// <exception cref="OperationCanceledException">A message did not arrive completely in time.</exception>
    public static async ValueTask ServeAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over)
    {
        while (await reader.WaitForMessageAsync().ConfigureAwait(false))
        {
            using var limit = connection.Runtime.Limit(connection.Limits.FirstMessage, over);
            // A target rate is only a request, and no rate is adapted here.
            await reader.ReadAsync<Probe>(limit.Token).ConfigureAwait(false);
        }

        stream.Send.Finish();
    }
}
