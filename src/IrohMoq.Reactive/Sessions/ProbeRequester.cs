using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Requests the estimates of the peer of how fast it can send on one connection, while there are readers. All readers share one PROBE
/// stream, which ends with the last of them; later readers open another one. No target is sent, because Rust peers refuse it. A stream
/// that the peer ends or refuses means that there is no estimate. This type is thread-safe. See moq-lite, "PROBE".
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed class ProbeRequester(MoqConnection connection)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private LatestValue<RateEstimate>? _latest;
    private CancellationTokenSource? _stop;
    private int _readers;
    private bool _isOpen;

    /// <summary>Gets a value that indicates whether a PROBE stream is open.</summary>
    public bool IsOpen => Volatile.Read(ref _isOpen);

    /// <summary>
    /// Returns the newest estimate of the peer, and each newer one. The sequence ends with the connection. It is empty while the peer has
    /// no estimate.
    /// </summary>
    public async IAsyncEnumerable<RateEstimate> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var latest = Enter();
        try
        {
            await foreach (var estimate in latest.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (estimate != default)
                    yield return estimate;
            }
        }
        finally
        {
            Leave();
        }
    }

    private LatestValue<RateEstimate> Enter()
    {
        lock (_gate)
        {
            if (_readers++ > 0)
                return _latest!;
            _latest = new LatestValue<RateEstimate>(connection.Runtime, default);
            _stop = new CancellationTokenSource();
            connection.Watch(RunAsync(_latest, _stop.Token));
            return _latest;
        }
    }

    private void Leave()
    {
        CancellationTokenSource? stop = null;
        lock (_gate)
        {
            if (--_readers == 0)
                stop = _stop;
        }

        stop?.Cancel();
    }

    private async Task RunAsync(LatestValue<RateEstimate> latest, CancellationToken stop)
    {
        try
        {
            await RequestAsync(latest, stop).ConfigureAwait(false);
            await connection.WhenEndedAsync().WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // There is no reader any more.
        }
        finally
        {
            latest.Complete(null);
        }
    }

    private async ValueTask RequestAsync(LatestValue<RateEstimate> latest, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, connection.Over);
        try
        {
            if (connection.Setup is { } setup && (await setup.WaitAsync(either.Token).ConfigureAwait(false)).Probe == ProbeLevel.None)
                return;
            var stream = await connection.OpenRequestAsync("its estimates", stop).ConfigureAwait(false);
            try
            {
                Volatile.Write(ref _isOpen, true);
                await ReceiveAsync(stream, latest, stop).ConfigureAwait(false);
                stream.Send.Finish();
            }
            catch (Exception failure)
            {
                connection.GiveUp(stream, failure);
                if (failure is OperationCanceledException)
                    throw;
            }
            finally
            {
                Volatile.Write(ref _isOpen, false);
            }
        }
        catch (Exception end) when (end is TransportClosedException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            // The end of the connection ends the sequence.
        }
        catch (MoqStreamException leaving) when (leaving.Code == MoqErrorCode.GoingAway)
        {
            // A peer that goes away is asked for nothing more, so that there is no estimate.
        }
    }

    private async ValueTask ReceiveAsync(BidiStream stream, LatestValue<RateEstimate> latest, CancellationToken stop)
    {
        await stream.Send.WriteAsync(new[] { (byte)BidiStreamType.Probe }, stop).ConfigureAwait(false);
        using var reader = new MessageReader(stream.Receive, connection.Version);
        while (await reader.ReadAsync<Probe>(stop).ConfigureAwait(false) is { } probe)
            latest.Set(ToEstimate(probe));
    }

    private static RateEstimate ToEstimate(Probe probe) => new(
        probe.Bitrate is { } bits ? (long)(bits / 8) : null,
        probe.Rtt is { } milliseconds ? SubscriptionTerms.ToTime(milliseconds) : null);
}
