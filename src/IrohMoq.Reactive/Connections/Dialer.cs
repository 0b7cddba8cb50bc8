using System.Diagnostics;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>Runs dials, each with the time limit of the options. Every dial ends with exactly one event.</summary>
/// <param name="endpoint">The endpoint.</param>
/// <param name="settings">The limits and timeouts.</param>
/// <param name="runtime">The runtime that provides the clock.</param>
/// <param name="log">The log.</param>
/// <param name="disposal">Disposes connections that are not used.</param>
/// <param name="connections">The table to which dialed connections are added.</param>
/// <param name="numbers">The generator of connection numbers.</param>
/// <param name="outcomes">The action that receives an event with the result of each dial.</param>
internal sealed class Dialer(
    IEndpoint endpoint,
    ConnectionSettings settings,
    Runtime runtime,
    ILogger log,
    ConnectionDisposal disposal,
    ConnectionTable connections,
    Numbers numbers,
    Action<MoqEvent> outcomes)
{
    /// <summary>The minimum age of a connection that replaces another one, at which it is replaced in turn.</summary>
    private static readonly TimeSpan ReplacementInterval = TimeSpan.FromSeconds(1);

    private readonly ObjectTable<Dial> _dials = new();

    public void Run(DialEffect effect)
    {
        switch (effect)
        {
            case DialEffect.Start e:
                Start(e.Dial, new Dialed(e.Remote, e.Request));
                break;
            case DialEffect.Repeat e:
                Repeat(e.Dial, e.Connection);
                break;
            case DialEffect.Extend e:
                _dials.TryFind(e.Dial)?.Extend(e.Remote);
                break;
            case DialEffect.Cancel e:
                _dials.TryFind(e.Dial)?.Cancel();
                break;
            case DialEffect.End e:
                _dials.Take(e.Dial);
                break;
            default:
                throw new UnreachableException($"There is no code for the effect {effect}.");
        }
    }

    /// <summary>Returns the failure of a dial, as a new exception for each caller.</summary>
    public MoqConnectException Failure(long dial) => _dials.Find(dial).Failure();

    /// <summary>Cancels all running dials.</summary>
    public void CancelAll()
    {
        foreach (var dial in _dials.ToArray())
            dial.Cancel();
    }

    /// <summary>
    /// Dials again at the address of a connection that the peer has asked this side to leave. Peers that send one another every new
    /// connection away cannot keep this side busy: a connection that is itself a replacement is not replaced before it is a second old.
    /// </summary>
    private void Repeat(long number, long left)
    {
        var age = connections.Find(left).ReplacedAt is { } since ? runtime.GetElapsedTime(since) : ReplacementInterval;
        Start(number, connections.DialOf(left), ReplacementInterval - age, isReplacement: true);
    }

    private void Start(long number, Dialed to, TimeSpan wait = default, bool isReplacement = false)
    {
        var remote = to.Address;
        var dial = new Dial(endpoint, SessionProtocols.ThatCarry(to.Request, settings.Protocols), remote, runtime, disposal);
        _dials.Add(number, dial);
        log.Dialing(remote.Id.ToShortString());
        // The dial does not run on the pipeline's stack, because an endpoint may work for some time before its first asynchronous wait.
        runtime.Post(() => _ = RunAsync(number, dial, to.Request, wait, isReplacement));
    }

    private async Task RunAsync(long number, Dial dial, SessionRequest? request, TimeSpan wait, bool isReplacement)
    {
        var peer = dial.Known.Id;
        await dial.WaitAsync(wait).ConfigureAwait(false);
        var from = runtime.GetTimestamp();
        MoqConnection? connection = null;
        try
        {
            if (await dial.RunAsync(settings.DialTimeout).ConfigureAwait(false) is { } transport)
                connection = TakeOver(transport, new Dialed(dial.Known, request, isReplacement ? runtime.GetTimestamp() : null));
        }
        catch (Exception failure)
        {
            dial.Fail(failure);
        }

        if (connection is null)
            log.DialFailed(peer.ToShortString(), dial.Failure().Message);
        if (MoqTelemetry.DialDuration.Enabled)
        {
            MoqTelemetry.DialDuration.Record(
                runtime.GetElapsedTime(from).TotalSeconds,
                new KeyValuePair<string, object?>("error.type", connection is null ? dial.Failure().Error.ToString() : null));
        }

        if (connection is null)
        {
            outcomes(new MoqEvent.DialFailed(number, PeerKey.Of(peer)));
            return;
        }

        outcomes(new MoqEvent.DialSucceeded(number, PeerKey.Of(peer), connection.Number));
        connections.Watch(connection);
    }

    private MoqConnection TakeOver(ITransportConnection transport, Dialed dialed)
    {
        var peer = dialed.Address.Id;
        try
        {
            if (transport.RemoteId.Length != EndpointId.Size || new EndpointId(transport.RemoteId.Span) != peer)
            {
                throw new MoqConnectException(
                    ConnectError.WrongPeer,
                    $"The endpoint at that address is not {peer.ToShortString()}. Check the id and the address.",
                    isRemote: true);
            }

            return connections.Add(numbers.Next(), transport, dialed);
        }
        catch (Exception)
        {
            disposal.Refuse(transport, MoqErrorCode.ProtocolViolation, "not the endpoint that was dialed");
            throw;
        }
    }
}
