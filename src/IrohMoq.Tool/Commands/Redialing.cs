using System.Security.Cryptography;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Provides successive sessions with one peer: dials again after a pause when a dial has failed or a session has ended. Each dial resolves
/// the host names of the peer again, so that a peer that has moved is found.
/// </summary>
internal sealed class Redialing(Moq moq, Peer peer, IOutput output, Runtime runtime)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    /// <summary>The minimum duration of a session whose end counts as no failed dial.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private TimeSpan _pause = FirstPause;
    private string? _reported;
    private MoqSession? _session;
    private long _since;

    /// <summary>Waits for the end of the previous session, if there is one, and returns the next session.</summary>
    /// <exception cref="MoqException">Dialing again would lead to the same result, or the endpoint has failed.</exception>
    public async ValueTask<MoqSession> NextAsync(CancellationToken cancellationToken)
    {
        if (_session is { } previous)
            await WaitAfterAsync(previous, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                _session = await peer.ConnectAsync(moq, cancellationToken).ConfigureAwait(false);
                (_reported, _since) = (null, runtime.GetTimestamp());
                return _session;
            }
            catch (Exception failure) when (failure is UnresolvedHostException or MoqConnectException { IsTransient: true })
            {
                var kind = failure is MoqConnectException dial ? $"{dial.Error}" : nameof(UnresolvedHostException);
                await PauseAsync(kind, failure.Message, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask WaitAfterAsync(MoqSession session, CancellationToken cancellationToken)
    {
        var closed = await session.Closed.WaitAsync(cancellationToken).ConfigureAwait(false);
        await session.DisposeAsync().ConfigureAwait(false);
        _session = null;
        if (closed.IsRefused)
            throw new RefusedException(peer, closed);
        var isStable = runtime.GetElapsedTime(_since) >= StableAfter;
        if (isStable)
            _pause = FirstPause;
        // The session that has replaced this one is open already.
        if (closed.IsSuperseded && (isStable || !closed.IsRemote))
            return;
        var text = $"the session with {peer.Id.ToShortString()} has ended: {SessionEnd.Describe(closed)}";
        await PauseAsync($"closed {closed.Code}", text, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports a failure, unless the one before it was of the same kind, and waits until the next dial is due.</summary>
    private async ValueTask PauseAsync(string kind, string reason, CancellationToken cancellationToken)
    {
        // The jitter prevents clients that lost a peer at the same time from dialing it again at the same time.
        var pause = _pause * (1 - (RandomNumberGenerator.GetInt32(250) / 1000.0));
        _pause = _pause * 2 < MaxPause ? _pause * 2 : MaxPause;
        if (kind != _reported)
            output.Note($"{reason.TrimEnd('.')}; dialing again in {pause.TotalSeconds:0.0} s");
        _reported = kind;
        await runtime.DelayAsync(pause, cancellationToken).ConfigureAwait(false);
    }
}
