namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Sends groups as the current Rust reference does: before each group it drops those that are older than the newest by more than the
/// maximum latency of the subscription; if that is 0, all but the newest.
/// </summary>
internal sealed class RustPublisher(Scene scene, HandSubscription subscription)
{
    private readonly List<(ulong Sequence, double At)> _waiting = [];
    private ulong _newest;
    private bool _isWritten;

    /// <summary>Gets the number of groups that were not sent.</summary>
    public int Dropped { get; private set; }

    /// <summary>Sends a number of groups at the given intervals, then ends the subscription.</summary>
    public async Task SendAsync(int groups, double apart, int frames, int bytes)
    {
        var writing = WriteAsync(groups, apart);
        while (!_isWritten || _waiting.Count > 0)
        {
            var newest = _waiting.Count == 0 ? 0 : _waiting[^1].At;
            Dropped += _waiting.RemoveAll(group => group.Sequence != _newest
                && (subscription.Asked.MaxLatency == 0 || (newest - group.At) * 1000 > subscription.Asked.MaxLatency));
            if (_waiting.Count == 0)
            {
                await scene.PauseAsync(0.0005);
                continue;
            }

            var next = _waiting[0];
            _waiting.RemoveAt(0);
            await subscription.SendAsync(next.Sequence, frames, bytes);
        }

        await writing;
        subscription.Finish();
    }

    private async Task WriteAsync(int groups, double apart)
    {
        for (var i = 0; i < groups; i++)
        {
            _newest = (ulong)i;
            _waiting.Add((_newest, scene.Seconds));
            if (apart > 0)
                await scene.PauseAsync(apart);
        }

        _isWritten = true;
    }
}
