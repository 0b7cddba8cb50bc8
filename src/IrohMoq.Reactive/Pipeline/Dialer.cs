using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Carries dials out, each under the deadline of the options. Whatever happens to a dial, its result becomes one event.</summary>
/// <param name="endpoint">Dials.</param>
/// <param name="options">The deadline.</param>
/// <param name="runtime">The clock of the deadline, and where a dial begins.</param>
/// <param name="log">Told of dials.</param>
/// <param name="disposal">Takes connections that are not wanted.</param>
/// <param name="arrived">Takes a connection over and gives its number.</param>
/// <param name="post">Gets the result.</param>
internal sealed class Dialer(
    IEndpoint endpoint, MoqOptions options, Runtime runtime, ILogger log, ConnectionDisposal disposal, Func<ITransportConnection, long> arrived, Action<MoqEvent> post)
{
    private readonly ObjectTable<Dial> _dials = new();

    public void Start(long number, EndpointAddr remote)
    {
        var dial = new Dial(endpoint, remote, runtime, disposal);
        _dials.Add(number, dial);
        log.Dialing(remote.Id.ToShortString());
        // Never on the loop's own stack: an endpoint may take its time before it first waits.
        runtime.Post(() => _ = RunAsync(number, dial, remote.Id));
    }

    /// <summary>The peer may be reached at these places as well: those that have not been tried are.</summary>
    public void Extend(long number, EndpointAddr remote) => _dials.Find(number)?.Extend(remote);

    public void Cancel(long number) => _dials.Find(number)?.Cancel();

    public void End(long number) => _dials.Take(number);

    /// <summary>Why a dial failed, as an exception of its own for each caller.</summary>
    public MoqConnectException Failure(long number) => _dials.Find(number)!.Failure();

    private async Task RunAsync(long number, Dial dial, EndpointId peer)
    {
        var from = runtime.GetTimestamp();
        MoqEvent result = new MoqEvent.DialFailed(number, peer);
        try
        {
            if (await dial.RunAsync(options.DialTimeout).ConfigureAwait(false) is { } connection)
                result = new MoqEvent.DialSucceeded(number, peer, Take(connection, peer));
        }
        catch (Exception failure)
        {
            // Whoever waits for this dial must be told, whatever went wrong.
            dial.Fail(failure);
        }

        var isConnected = result is MoqEvent.DialSucceeded;
        if (!isConnected)
            log.DialFailed(peer.ToShortString(), dial.Failure().Message);
        if (MoqTelemetry.DialDuration.Enabled)
            MoqTelemetry.DialDuration.Record(runtime.GetElapsedTime(from).TotalSeconds, new KeyValuePair<string, object?>("error.type", isConnected ? null : dial.Failure().Reason.ToString()));
        post(result);
    }

    private long Take(ITransportConnection connection, EndpointId peer)
    {
        try
        {
            if (connection.RemoteId.Length != EndpointId.Size || new EndpointId(connection.RemoteId.Span) != peer)
                throw new MoqConnectException(ConnectError.WrongPeer, $"Whoever answers at that address is not {peer.ToShortString()}. Check the id and the address.", isRemote: true);
            return arrived(connection);
        }
        catch (Exception)
        {
            disposal.Refuse(connection, MoqErrorCode.ProtocolViolation, "not what was dialed");
            throw;
        }
    }
}
