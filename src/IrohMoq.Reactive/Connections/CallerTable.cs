using System.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <summary>Stores the callers that wait for a session with a peer, and completes their calls.</summary>
/// <param name="sessions">The table of sessions.</param>
/// <param name="dialer">The dialer, which provides the failures of dials.</param>
/// <param name="runtime">The runtime on which callers wait.</param>
/// <param name="refusal">The function that creates the exception for a caller that is refused without a dial.</param>
/// <param name="commands">The action that receives the requests of callers as events.</param>
internal sealed class CallerTable(
    SessionTable sessions, Dialer dialer, Runtime runtime, Func<CallerRefusal, Exception> refusal, Action<MoqEvent> commands)
{
    private readonly ObjectTable<Caller> _callers = new();
    private volatile Func<Exception>? _failure;

    /// <summary>Waits for a session with a peer, and returns the session with a lease for the caller.</summary>
    /// <param name="number">The number of the call.</param>
    /// <param name="dial">The number for a new dial, if one is needed.</param>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="request">The path and the role that the session must have, or null for any.</param>
    /// <param name="cancellationToken">A token that cancels the wait.</param>
    public async Task<SharedSession> ConnectAsync(
        long number, long dial, EndpointAddr remote, SessionRequest? request, CancellationToken cancellationToken)
    {
        var caller = new Caller(number, PeerKey.Of(remote.Id), runtime);
        _callers.Add(number, caller);
        commands(new MoqEvent.ConnectRequested(number, dial, remote, request));
        // The pipeline may have failed since the caller found it running. In that case nothing answers the request.
        if (_failure is { } failure)
            Fail(number, failure());
        // The registration follows the request, so that a token that is already canceled finds a request to cancel.
        var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (table, caller) = ((CallerTable, Caller))state!;
                table.Cancel(caller, token);
            },
            (this, caller));
        try
        {
            return await caller.Result.Task.ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }
    }

    public void Run(ReplyEffect effect)
    {
        switch (effect)
        {
            case ReplyEffect.Complete e:
                var session = sessions.Find(e.Session);
                // A caller that was canceled meanwhile also has a lease, and no other code returns that lease.
                if (_callers.Take(e.Caller) is { } caller)
                    caller.Result.TrySet(session);
                else
                    commands(new MoqEvent.LeaseReturned(e.Session));
                break;
            case ReplyEffect.Fail e:
                _callers.Take(e.Caller)?.Result.TryFail(dialer.Failure(e.Dial));
                break;
            case ReplyEffect.Refuse e:
                _callers.Take(e.Caller)?.Result.TryFail(refusal(e.Refusal));
                break;
            default:
                throw new UnreachableException($"There is no code for the effect {effect}.");
        }
    }

    /// <summary>Completes one call with an exception.</summary>
    public void Fail(long caller, Exception failure) => _callers.Take(caller)?.Result.TryFail(failure);

    /// <summary>Completes every pending and every later call with an exception.</summary>
    public void FailAll(Func<Exception> failure)
    {
        _failure = failure;
        foreach (var caller in _callers.TakeAll())
            caller.Result.TryFail(failure());
    }

    private void Cancel(Caller caller, CancellationToken token)
    {
        if (_callers.Take(caller.Number) is null)
            return;
        caller.Result.TryFail(new OperationCanceledException(token));
        commands(new MoqEvent.ConnectCanceled(caller.Number, caller.Peer));
    }

    private sealed class Caller(long number, PeerKey peer, Runtime runtime)
    {
        public long Number => number;

        public PeerKey Peer => peer;

        public Completion<SharedSession> Result { get; } = new(runtime);
    }
}
