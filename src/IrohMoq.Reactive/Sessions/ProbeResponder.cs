using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Serves a PROBE stream: reports how fast the connection can send, when that changes and at least every ten seconds. Targets of the peer
/// are read and ignored. If the transport measures nothing, the stream is reset in moq-lite-06; in older versions it is held open, because
/// old JavaScript peers treat a reset as the end of the session. There is no time limit for the first message of the peer, because Rust
/// peers send none; a message that has begun has a time limit. See moq-lite, "PROBE".
/// </summary>
internal static class ProbeResponder
{
    /// <summary>Returns what this side does on a PROBE stream of a connection, which it tells in SETUP.</summary>
    public static ProbeLevel LevelOf(MoqConnection connection) =>
        connection.Transport is IConnectionStatistics ? ProbeLevel.Report : ProbeLevel.None;

    /// <exception cref="MoqStreamException">There is nothing to report.</exception>
    /// <exception cref="OperationCanceledException">A message did not arrive completely in time.</exception>
    public static async ValueTask ServeAsync(BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken over)
    {
        var measured = connection.Transport as IConnectionStatistics;
        if (measured is null && connection.Version.HasRoutes)
            throw new MoqStreamException(MoqErrorCode.Unsupported, "The transport has no estimate to answer a PROBE with.");
        // Without a timer, the source has nothing to dispose.
#pragma warning disable CA2000
        var ended = new CancellationTokenSource();
#pragma warning restore CA2000
        var reporting = measured is null ? Task.CompletedTask : ReportAsync(stream.Send, measured, connection, ended.Token);
        try
        {
            while (await reader.WaitForMessageAsync().ConfigureAwait(false))
            {
                using var limit = connection.Runtime.Limit(connection.Limits.FirstMessage, over);
                // A target rate is only a request, and no rate is adapted here.
                await reader.ReadAsync<Probe>(limit.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            ended.Cancel();
            await reporting.ConfigureAwait(false);
        }

        stream.Send.Finish();
    }

    private static async Task ReportAsync(
        ISendStream stream, IConnectionStatistics measured, MoqConnection connection, CancellationToken ended)
    {
        var reports = new RateReports(connection.Runtime);
        try
        {
            while (true)
            {
                var now = RateEstimate.Of(measured.GetStatistics());
                if (reports.TryReport(now))
                    await stream.WriteAsync(ToProbe(now), connection.Version, ended).ConfigureAwait(false);
                await connection.Runtime.DelayAsync(RateReports.Interval, ended).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The peer has ended its side, or does not want the reports any more.
        }
    }

    private static Probe ToProbe(RateEstimate estimate) => new(
        estimate.BytesPerSecond is { } rate ? (ulong)Math.Min(rate, long.MaxValue / 16) * 8 : null,
        estimate.RoundTripTime is { } time ? (ulong)Math.Ceiling(time.TotalMilliseconds) : null);
}
