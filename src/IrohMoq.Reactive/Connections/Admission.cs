using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
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
    private static readonly Refusal NotAdmitted = new(MoqErrorCode.Unauthorized, "not admitted");

    private int _waiting;

    private Refusal NoSetup => new(MoqErrorCode.Timeout, $"no SETUP within {settings.DecisionTimeout}");

    /// <summary>Accepts a connection or refuses it, as the policy decides.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="cancellationToken">A token that ends the wait for the policy; the connection is then refused.</param>
    public async ValueTask AcceptAsync(ITransportConnection transport, CancellationToken cancellationToken)
    {
        var (setup, refusal) = await ExamineAsync(transport, cancellationToken).ConfigureAwait(false);
        if (refusal is var (code, reason))
        {
            log.Refused(Name(transport), code, reason);
            disposal.Refuse(transport, code, reason);
            return;
        }

        MoqConnection connection;
        try
        {
            connection = connections.Add(numbers.Next(), transport, dialed: null, setup);
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

    /// <summary>
    /// Lets the policy decide, if there is one. The options of the peer are waited for only if somebody decides by them, the policy or
    /// later the application.
    /// </summary>
    private async ValueTask<(EarlySetup? Setup, Refusal? Refusal)> ExamineAsync(
        ITransportConnection transport, CancellationToken cancellationToken)
    {
        if (policy is null && !settings.RequireAccept)
            return default;
        try
        {
            if (Interlocked.Increment(ref _waiting) > settings.MaxSessions)
                return (null, new Refusal(MoqErrorCode.BoundsExceeded, MoqReducer.TooManyReason));
            using var limit = runtime.Limit(settings.DecisionTimeout, cancellationToken);
            try
            {
                var setup = await EarlySetup.ReadAsync(transport, limit.Token).ConfigureAwait(false);
                return policy is null || await IsAdmittedAsync(policy, transport, setup, limit.Token).ConfigureAwait(false)
                    ? (setup, null)
                    : (null, NotAdmitted);
            }
            catch (OperationCanceledException)
            {
                return (null, limit.IsExpired ? NoSetup : NotAdmitted);
            }
            catch (MoqProtocolException wrong)
            {
                return (null, new Refusal(wrong.Code, wrong.Message));
            }
            catch (TransportClosedException)
            {
                return (null, new Refusal(MoqErrorCode.Cancel, "the peer has left"));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async ValueTask<bool> IsAdmittedAsync(
        Func<AcceptContext, CancellationToken, ValueTask<bool>> policy,
        ITransportConnection transport,
        EarlySetup? setup,
        CancellationToken limit)
    {
        var decision = new Completion<bool>(runtime);
        // A policy that does not observe the token can neither make the peer wait longer nor occupy one of the pending decisions.
        using var elapsed = limit.UnsafeRegister(static state => ((Completion<bool>)state!).TrySet(false), decision);
        _ = DecideAsync(policy, transport, setup, decision, limit);
        return await decision.Task.ConfigureAwait(false);
    }

    private async Task DecideAsync(
        Func<AcceptContext, CancellationToken, ValueTask<bool>> policy,
        ITransportConnection transport,
        EarlySetup? setup,
        Completion<bool> decision,
        CancellationToken cancellationToken)
    {
        try
        {
            var context = new AcceptContext(IdOf(transport), transport.Protocol, setup?.Request);
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

    private static PeerKey KeyOf(MoqConnection connection) =>
        connection.Transport.RemoteId.IsEmpty ? PeerKey.Anonymous(connection.Number) : PeerKey.Of(IdOf(connection.Transport));

    private sealed record Refusal(MoqErrorCode Code, string Reason);
}
