using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Determines when the readers of a peer have ended. An acknowledged group has not been read yet: the peer sends updates while its readers
/// read, and ends its side of the subscription afterwards.
/// </summary>
/// <param name="runtime">The clock.</param>
/// <param name="limit">The maximum time between two signs of life.</param>
internal sealed class LifeSigns(Runtime runtime, TimeSpan limit)
{
    private readonly Signal _sign = new(runtime);

    /// <summary>Records a sign of life.</summary>
    public void Set() => _sign.Set();

    /// <summary>Waits until the limit elapses without a sign of life, or until the token is canceled. It throws in neither case.</summary>
    /// <param name="cancellationToken">The token that is canceled when the peer ends its side.</param>
    public async ValueTask WaitForEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var time = runtime.Limit(limit, cancellationToken);
            try
            {
                await _sign.WaitAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The peer has ended its side, or the limit has elapsed.
                return;
            }
        }
    }
}
