using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends SUBSCRIBE_UPDATE messages for one subscription: when the terms of the readers change, when the publisher must pause, and at
/// intervals to report that readers are active.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="reading">The reading whose wishes are sent.</param>
/// <param name="changed">Set when there may be something to send.</param>
/// <param name="asked">What SUBSCRIBE asked for.</param>
internal sealed class UpdateSender(MoqConnection connection, TrackSubscriber reading, Signal changed, DeliveryTerms asked)
{
    private DeliveryTerms _asked = asked;
    private bool _wantsAll = WantsAllOf(asked);
    private bool _isEnding;
    private long _read;

    /// <summary>Gets a value indicating whether every group is wanted, however late. Any thread.</summary>
    public bool WantsAll => Volatile.Read(ref _wantsAll);

    /// <summary>Sends signs of life from now on: the publisher has ended the subscription and waits for the readers.</summary>
    public void SendSignsOfLife()
    {
        Volatile.Write(ref _isEnding, true);
        changed.Set();
    }

    /// <summary>Sends updates until the subscription is over. It never fails.</summary>
    /// <param name="stream">The SUBSCRIBE stream.</param>
    /// <param name="ended">Canceled when the subscription is over.</param>
    public async Task RunAsync(BidiStream stream, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await WaitAsync(ended).ConfigureAwait(false);
                if (reading.Terms(_asked, ref _read, out var isAlive) is not { } terms || (terms == _asked && !isAlive))
                    continue;
                _asked = terms;
                Volatile.Write(ref _wantsAll, WantsAllOf(terms));
                // Not canceled half-way, which would reset the stream that says how the subscription ends.
                await stream.Send.WriteAsync(new SubscribeUpdate(terms), connection.Version, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The subscription is over.
        }
        catch (IOException)
        {
            // However the publisher ends its side: what it writes says how the subscription ends.
        }
        catch (Exception fault)
        {
            connection.GiveUp(stream, fault);
        }
    }

    /// <summary>
    /// Waits until the last update is sent. A publisher that does not read would keep it waiting: after some time the stream is reset.
    /// </summary>
    /// <param name="running">The task of <see cref="RunAsync"/>, whose token is canceled.</param>
    /// <param name="stream">The side of the SUBSCRIBE stream that this side writes.</param>
    public async ValueTask EndAsync(Task running, ISendStream stream)
    {
        if (running.IsCompleted)
            return;
        using var limit = connection.Runtime.Limit(connection.Limits.LastUpdate);
        await using var giveUp = limit.Token
            .UnsafeRegister(static state => ((ISendStream)state!).Reset(MoqErrorCode.Timeout), stream).ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private static bool WantsAllOf(DeliveryTerms terms) => terms.MaxLatency == SubscriptionTerms.NoLimit;

    private async ValueTask WaitAsync(CancellationToken ended)
    {
        // A publisher that waits for readers which are behind must know that they are alive.
        var needsSignsOfLife = Volatile.Read(ref _isEnding) || reading.IsHeldBack;
        using var limit = connection.Runtime.Limit(needsSignsOfLife ? connection.Limits.SignOfLife : Timeout.InfiniteTimeSpan, ended);
        try
        {
            await changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // Time for a sign of life.
        }
    }
}
