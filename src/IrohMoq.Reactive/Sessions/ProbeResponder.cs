using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves a PROBE stream. Without an estimate of the send rate there is nothing to report: the stream is held open until the peer ends it. It is never reset, because
/// an old JavaScript peer takes that for the end of the session; and no message is waited for, because Rust peers send none.
/// </summary>
internal static class ProbeResponder
{
    public static async ValueTask ServeAsync(BidiStream stream, MessageReader reader)
    {
        while (await reader.ReadAsync<Probe>().ConfigureAwait(false) is not null)
        {
            // A target is a wish; there is no rate to adapt.
        }

        stream.Send.Finish();
    }
}
