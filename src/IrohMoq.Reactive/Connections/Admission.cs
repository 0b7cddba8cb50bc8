using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Decides whether connections that peers dial are accepted, before anything is sent to the peers. The number of pending decisions is
/// limited.
/// </summary>
/// <param name="policy">The application's policy; null accepts every peer.</param>
/// <param name="settings">The limits and timeouts.</param>
/// <param name="runtime">The runtime that provides the clock.</param>
/// <param name="log">The log.</param>
/// <param name="disposal">Disposes connections that are refused.</param>
/// <param name="connections">The table to which accepted connections are added.</param>
/// <param name="numbers">The generator of connection numbers.</param>
/// <param name="arrivals">The action that receives an event for each accepted connection.</param>
internal sealed class Admission(
    Func<AcceptContext, CancellationToken, ValueTask<bool>>? policy,
    ConnectionSettings settings,
    Runtime runtime,
    ILogger log,
    ConnectionDisposal disposal,
    ConnectionTable connections,
    Numbers numbers,
    Action<MoqEvent> arrivals)
{
    private int _waiting;

    /// <summary>Accepts a connection or refuses it, as the policy decides.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="cancellationToken">A token that ends the wait for the policy; the connection is then refused.</param>
    public async ValueTask AcceptAsync(ITransportConnection transport, CancellationToken cancellationToken)
    {
        if (policy is not null && await RefusalAsync(policy, transport, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            log.Refused(Name(transport), refusal.Code, refusal.Reason);
            disposal.Refuse(transport, refusal.Code, refusal.Reason);
            return;
        }

        Sessions.MoqConnection connection;
        try
        {
            connection = connections.Add(numbers.Next(), transport, dialed: null);
        }
        catch (MoqException unusable)
        {
            disposal.Refuse(transport, unusable.Code, "unusable connection");
            throw;
        }

        log.Accepted(connection.RemoteName, transport.Protocol);
        arrivals(new MoqEvent.ConnectionArrived(connection.Number, KeyOf(connection)));
        connections.Watch(connection);
    }

    private async ValueTask<(MoqErrorCode Code, string Reason)?> RefusalAsync(
        Func<AcceptContext, CancellationToken, ValueTask<bool>> policy, ITransportConnection transport, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > settings.MaxSessions)
        {
            Interlocked.Decrement(ref _waiting);
            return (MoqErrorCode.BoundsExceeded, MoqReducer.TooManyReason);
        }

        using var limit = runtime.Limit(settings.DecisionTimeout, cancellationToken);
        var decision = new Completion<bool>(runtime);
        // A policy that does not observe the token can neither make the peer wait longer nor occupy one of the pending decisions.
        using var elapsed = limit.Token.UnsafeRegister(static state => ((Completion<bool>)state!).TrySet(false), decision);
        _ = DecideAsync(policy, transport, decision, limit.Token);
        var isAccepted = await decision.Task.ConfigureAwait(false);
        Interlocked.Decrement(ref _waiting);
        return isAccepted ? null : (MoqErrorCode.Unauthorized, "not admitted");
    }

    private async Task DecideAsync(
        Func<AcceptContext, CancellationToken, ValueTask<bool>> policy,
        ITransportConnection transport,
        Completion<bool> decision,
        CancellationToken cancellationToken)
    {
        try
        {
            var context = new AcceptContext(IdOf(transport), transport.Protocol);
            decision.TrySet(await policy(context, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception fault)
        {
            log.AcceptPolicyFailed(Name(transport), fault);
            decision.TrySet(false);
        }
    }

    private static EndpointId IdOf(ITransportConnection transport) =>
        transport.RemoteId.IsEmpty ? default : new EndpointId(transport.RemoteId.Span);

    private static string Name(ITransportConnection transport) => transport.RemoteId.IsEmpty ? "(no id)" : IdOf(transport).ToShortString();

    private static PeerKey KeyOf(Sessions.MoqConnection connection) =>
        connection.Transport.RemoteId.IsEmpty ? PeerKey.Anonymous(connection.Number) : PeerKey.Of(IdOf(connection.Transport));
}
