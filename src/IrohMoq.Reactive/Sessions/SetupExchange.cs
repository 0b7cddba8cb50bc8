using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Exchanges the options of both sides of a connection: sends the SETUP of this side first, and receives that of the peer. Only what
/// depends on the options of the peer waits for them. A peer that sends none in time, or a second one, ends the session. See moq-lite,
/// "SETUP".
/// </summary>
internal sealed class SetupExchange(MoqConnection connection)
{
    private readonly Completion<Setup> _received = new(connection.Runtime);
    private ITimer? _limit;
    private int _streams;

    private Setup Own => new(
        ProbeResponder.LevelOf(connection),
        connection.Stated?.Path is { Length: > 0 } path ? path : null,
        connection.Stated?.Role is { } role and not SessionRole.Both ? role : null,
        // Who states none has the cost 1.
        Cost: connection.Cost == 1 ? null : connection.Cost,
        Hop: connection.Hop,
        Extensions: PeerExtensions.FromNewest);

    /// <summary>Sends the options of this side on a stream of its own.</summary>
    public async Task SendAsync()
    {
        try
        {
            var stream = await connection.Transport.OpenUniAsync(connection.Over).ConfigureAwait(false);
            await stream.WriteOpeningAsync(Own, connection.Version).ConfigureAwait(false);
            stream.Finish();
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // The connection has ended, or the peer has stopped the stream, which it is free to do.
        }
    }

    /// <summary>
    /// Closes the session if the options of the peer do not arrive in time. It is called before the streams of the peer are read.
    /// </summary>
    public void SetLimit()
    {
        if (_received.IsSet || connection.Over.IsCancellationRequested)
            return;
        var limit = connection.Runtime.CreateTimer(
            static exchange => ((SetupExchange)exchange!).OnLimit(), this, connection.Limits.PeerSetup, Timeout.InfiniteTimeSpan);
        Interlocked.Exchange(ref _limit, limit);
        // The connection may have ended meanwhile.
        if (connection.Over.IsCancellationRequested)
            limit.Dispose();
    }

    /// <summary>Called when the connection has ended, after which no options arrive.</summary>
    public void OnEnded() => Volatile.Read(ref _limit)?.Dispose();

    /// <summary>Gets the path and the role that the peer has stated as the client, or null if they have not arrived.</summary>
    public SessionRequest? Request { get; private set; }

    /// <summary>Waits for the options of the peer.</summary>
    /// <exception cref="OperationCanceledException">The connection has ended, or the token was canceled.</exception>
    public async ValueTask<Setup> WaitAsync(CancellationToken cancellationToken)
    {
        var received = _received.WaitAsync();
        return received.IsCompleted
            ? await received.ConfigureAwait(false)
            : await received.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Called when the peer has opened a Setup stream, before its message has arrived.</summary>
    /// <exception cref="MoqProtocolException">The peer has opened such a stream before.</exception>
    public void OnStream()
    {
        if (Interlocked.Increment(ref _streams) > 1)
            throw Violation("a second SETUP stream");
    }

    /// <summary>Called when the options of the peer have arrived.</summary>
    /// <exception cref="MoqProtocolException">The peer has sent an option that only a client may send, or a path that is none.</exception>
    public void OnReceived(Setup setup)
    {
        if (!connection.IsOutbound)
            Request = RequestOf(setup);
        else if (setup is not { Path: null, Role: null })
            throw Violation("a path or a role, which only a client may send");
        if (connection.Version.HasRoutes)
            connection.Requester.Hop = setup.Hop;
        _received.TrySet(setup);
        _limit?.Dispose();
    }

    /// <summary>Returns the path and the role that a client states.</summary>
    /// <exception cref="MoqProtocolException">The path contains a character that no URI contains.</exception>
    public static SessionRequest RequestOf(Setup setup) =>
        SessionRequest.FromClient(setup.Path, setup.Role) ?? throw Violation("a path with a character that no URI contains");

    private void OnLimit()
    {
        if (!_received.IsSet)
            connection.Close(MoqErrorCode.Timeout, $"no SETUP within {connection.Limits.PeerSetup}");
    }

    private static MoqProtocolException Violation(string what) =>
        new(MoqErrorCode.ProtocolViolation, $"The peer sent {what}.") { ClosesSession = true };
}
