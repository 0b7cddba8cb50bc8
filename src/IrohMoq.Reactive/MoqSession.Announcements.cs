namespace IrohMoq.Reactive;

public sealed partial class MoqSession
{
    /// <summary>
    /// Waits until all announcements that the peer had when the session began have arrived, so that <see cref="OriginConsumer"/> is
    /// complete. See moq-lite, "ANNOUNCE_OK".
    /// </summary>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>
    /// True if they have arrived. False if it is not known when they have, because the version is older than moq-lite-05, or because the
    /// session has ended.
    /// </returns>
    public async Task<bool> WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var connection = _shared.Connections.Preferred;
            var isCaughtUp = await connection.CaughtUp.WaitAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            // The connection may have been replaced by another one, which begins anew.
            if (isCaughtUp || connection == _shared.Connections.Preferred)
                return isCaughtUp;
        }
    }
}
