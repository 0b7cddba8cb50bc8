using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Carries dials out, each under the deadline of the options. Whatever happens to a dial, its result becomes one event.</summary>
/// <param name="endpoint">Dials.</param>
/// <param name="options">The deadline.</param>
/// <param name="turns">The clock of the deadline, and where a dial begins.</param>
/// <param name="log">Told of dials.</param>
/// <param name="arrived">Takes a connection as a session and gives its number.</param>
/// <param name="post">Gets the result.</param>
internal sealed class Dialler(
    IEndpoint endpoint, MoqOptions options, Turns turns, ILogger log, Func<ITransportConnection, long> arrived, Action<MoqEvent> post)
{
    private readonly ObjectTable<Dial> _dials = new();

    public void Start(long number, EndpointAddr remote)
    {
        var dial = new Dial();
        _dials.Add(number, dial);
        log.Dialling(remote.Id.ToShortString());
        // Never on the loop's own stack: an endpoint may take its time before it first waits.
        turns.Post(() => _ = RunAsync(number, dial, remote));
    }

    public void Cancel(long number) => _dials.Find(number)?.Cancel.Cancel();

    public void End(long number) => _dials.Take(number);

    /// <summary>Why a dial failed, as an exception of its own for each caller.</summary>
    public MoqConnectException Failure(long number) => _dials.Find(number)!.Failure!();

    private async Task RunAsync(long number, Dial dial, EndpointAddr remote)
    {
        using var limit = turns.Limit(options.DialTimeout, dial.Cancel.Token);
        MoqEvent result = new MoqEvent.DialFailed(number, remote.Id);
        try
        {
            var connection = await endpoint.ConnectAsync(remote, MoqProtocolHandler.Offered, limit.Token).ConfigureAwait(false);
            result = new MoqEvent.DialSucceeded(number, remote.Id, Take(connection, remote));
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            dial.Failure = () => new MoqConnectException(
                ConnectFailure.TimedOut, $"{remote.Id.ToShortString()} did not answer within {options.DialTimeout}. Check its address, or raise MoqOptions.DialTimeout.");
        }
        catch (MoqConnectException failure)
        {
            dial.Failure = () => new MoqConnectException(failure.Reason, failure.Message, failure.IsRemote, failure);
        }
        catch (Exception failure)
        {
            // Also what no endpoint should throw: whoever waits for this dial must be told.
            dial.Failure = () => new MoqConnectException(ConnectFailure.Other, $"Dialling {remote.Id.ToShortString()} failed: {failure.Message}", false, failure);
        }

        if (dial.Failure is { } why)
            log.DialFailed(remote.Id.ToShortString(), why().Message);
        post(result);
    }

    private long Take(ITransportConnection connection, EndpointAddr remote)
    {
        try
        {
            if (connection.RemoteId.Length != EndpointId.Size || new EndpointId(connection.RemoteId.Span) != remote.Id)
                throw new MoqConnectException(ConnectFailure.WrongPeer, $"Whoever answers at that address is not {remote.Id.ToShortString()}. Check the id and the address.", isRemote: true);
            return arrived(connection);
        }
        catch (Exception)
        {
            connection.Close(MoqErrorCode.ProtocolViolation.Value, "not what was dialled");
            throw;
        }
    }

    private sealed class Dial
    {
        // Never disposed: without a timer or a link of its own it holds nothing, and a late cancellation may still come.
        public CancellationTokenSource Cancel { get; } = new();

        public Func<MoqConnectException>? Failure { get; set; }
    }
}
