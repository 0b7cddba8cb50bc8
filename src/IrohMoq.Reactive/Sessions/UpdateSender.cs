using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends SUBSCRIBE_UPDATE messages for one subscription: when the delivery terms of the readers change, when the publisher must pause,
/// and at intervals to report that readers are active.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="track">The track whose delivery terms are sent.</param>
/// <param name="changed">The signal that is set when an update may have to be sent.</param>
/// <param name="asked">The delivery terms in the SUBSCRIBE message.</param>
internal sealed class UpdateSender(MoqConnection connection, RemoteTrack track, Signal changed, DeliveryTerms asked)
{
    private DeliveryTerms _asked = asked;
    // Created on demand, because few readers state a last frame.
    private RequestedEnds? _ends = WithEnd(null, asked);
    private bool _wantsAll = WantsAllOf(asked);
    private bool _hasAlwaysWantedAll = WantsAllOf(asked);
    private bool _isEnding;
    private long _read;

    /// <summary>Gets a value indicating whether the readers want every group, no matter how late. This property is thread-safe.</summary>
    public bool WantsAll => Volatile.Read(ref _wantsAll);

    /// <summary>
    /// Gets a value indicating whether <see cref="WantsAll"/> has been true since the subscription began. This property is thread-safe.
    /// </summary>
    public bool HasAlwaysWantedAll => Volatile.Read(ref _hasAlwaysWantedAll);

    /// <summary>
    /// Sets the group from which on the publisher sends, so that an update does not request older groups. It is called before
    /// <see cref="RunAsync"/>.
    /// </summary>
    public void BeginAt(ulong first)
    {
        if (_asked.StartGroup is not null)
            return;
        _asked = _asked with { StartGroup = first };
        changed.Set();
    }

    /// <summary>
    /// Determines whether a group may have more frames than have come, because no more were asked for. This method is thread-safe.
    /// </summary>
    /// <param name="sequence">The number of the group.</param>
    /// <param name="next">The index of the frame that would be next.</param>
    public bool HasAskedToEndAt(ulong sequence, int next) =>
        next > 0 && Volatile.Read(ref _ends)?.Contains(sequence, (ulong)next - 1) == true;

    /// <summary>Starts to send periodic updates, because the publisher has ended the subscription and waits for the readers.</summary>
    public void SendSignsOfLife()
    {
        Volatile.Write(ref _isEnding, true);
        changed.Set();
    }

    /// <summary>Sends updates until the subscription is over. The returned task never fails.</summary>
    /// <param name="stream">The SUBSCRIBE stream.</param>
    /// <param name="ended">A token that is canceled when the subscription is over.</param>
    public async Task RunAsync(BidiStream stream, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await WaitAsync(ended).ConfigureAwait(false);
                var now = track.ReadersTerms.Now(_asked, connection.Version, ref _read, out var isAlive);
                if (now is not { } terms || (terms == _asked && !isAlive))
                    continue;
                var before = _asked;
                _asked = terms;
                Volatile.Write(ref _ends, WithEnd(_ends, terms));
                Volatile.Write(ref _wantsAll, WantsAllOf(terms));
                if (!WantsAllOf(terms))
                    Volatile.Write(ref _hasAlwaysWantedAll, false);
                // The write is not canceled, because a partial write would reset the stream that tells how the subscription ends.
                await stream.Send.WriteAsync(new SubscribeUpdate(terms), connection.Version, CancellationToken.None).ConfigureAwait(false);
                track.Earlier.OnUpdated(before, terms);
            }
        }
        catch (OperationCanceledException)
        {
            // The subscription is over.
        }
        catch (IOException)
        {
            // No matter how the publisher ends its side: its last message tells how the subscription ends.
        }
        catch (Exception fault)
        {
            connection.GiveUp(stream, fault);
        }
    }

    /// <summary>
    /// Waits until the last update is sent. After a time limit the stream is reset, because a publisher that does not read would block
    /// the update.
    /// </summary>
    /// <param name="running">The task of <see cref="RunAsync"/>, whose token is canceled.</param>
    /// <param name="stream">The sending direction of the SUBSCRIBE stream.</param>
    public async ValueTask EndAsync(Task running, ISendStream stream)
    {
        if (running.IsCompleted)
            return;
        using var limit = connection.Runtime.Limit(connection.Limits.LastUpdate);
        await using var giveUp = limit.Token
            .UnsafeRegister(_ => stream.Reset(MoqErrorCode.Timeout, connection.Version), null).ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private static RequestedEnds? WithEnd(RequestedEnds? ends, DeliveryTerms terms)
    {
        if (terms is not { EndGroup: { } group, FrameEnd: { } frame })
            return ends;
        ends ??= new RequestedEnds();
        ends.Add(group, frame);
        return ends;
    }

    private static bool WantsAllOf(DeliveryTerms terms) => SubscriptionTerms.WantsAll(terms);

    private async ValueTask WaitAsync(CancellationToken ended)
    {
        // A publisher that waits for slow readers must know that they are still active.
        var needsSignsOfLife = Volatile.Read(ref _isEnding) || track.IsHeldBack;
        using var limit = connection.Runtime.Limit(needsSignsOfLife ? connection.Limits.SignOfLife : Timeout.InfiniteTimeSpan, ended);
        try
        {
            await changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // An update must be sent to show that the readers are active.
        }
    }
}
