using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Commands;

/// <summary>Dials a peer within a time limit.</summary>
internal static class Dialing
{
    /// <exception cref="TimeoutException">The peer was not reached in time.</exception>
    public static async Task<MoqSession> ConnectAsync(
        Moq moq, Peer peer, TimeSpan time, Runtime runtime, CancellationToken cancellationToken)
    {
        using var limit = runtime.Limit(time, cancellationToken);
        try
        {
            return await peer.ConnectAsync(moq, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            throw new TimeoutException(
                $"the peer {peer.Id.ToShortString()} was not reached within {time.TotalSeconds} s; check that it runs, and that its "
                + "addresses can be reached from here",
                expired);
        }
    }
}
