using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// One SUBSCRIBE stream of this side: asks the publisher on one connection, takes its answer and its groups, tells it what the readers want, and unsubscribes. The reading that it serves may go on when it ends. When the publisher ends it,
/// groups may still be on their way. See moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link holds nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    private readonly TrackSubscriber _reading;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Completion<bool> _decided;
    private BidiStream? _stream;
    private DeliveryTerms _asked;
    private bool _isWithdrawn;
    private bool _isEnding;
    private bool _serves;

    /// <param name="reading">What it serves.</param>
    /// <param name="connection">What runs on the connection that it asks on.</param>
    /// <param name="start">The first group that the reading has not had; null for what its readers begin with.</param>
    public Subscription(TrackSubscriber reading, MoqConnection connection, ulong? start)
    {
        _reading = reading;
        Connection = connection;
        Start = start;
        LateGroups = connection.Limits.LateGroups;
        _groupsChanged = new Signal(connection.Runtime);
        _decided = new Completion<bool>(connection.Runtime);
        Changed = new Signal(connection.Runtime);
    }

    public MoqConnection Connection { get; }

    /// <summary>Set when the publisher may have to be told something.</summary>
    public Signal Changed { get; }

    /// <summary>The first group that the publisher sends, or, where it does not say, that was asked for.</summary>
    public ulong? Start { get; private set; }

    /// <summary>True once the publisher has accepted it.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>True if the publisher has said what it does, as one does that knows where to begin.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>How long a group may be under way that is sent now.</summary>
    public TimeSpan LateGroups { get; private set; }

    /// <summary>True if every group is wanted, however late.</summary>
    public bool WantsAll => _asked.MaxLatency == SubscriptionTerms.NoLimit;

    /// <summary>How it ended, or null.</summary>
    public SubscriptionEnd? End { get; private set; }

    /// <summary>True once this side has ended it, because nobody reads any more or the reading has moved.</summary>
    private bool IsWithdrawn => Volatile.Read(ref _isWithdrawn);

    /// <summary>Runs to its end, which it tells the reading. Never fails.</summary>
    public async Task RunAsync()
    {
        var id = Connection.Subscriptions.Add(this);
        SubscriptionEnd end;
        try
        {
            await SubscribeAsync(id).ConfigureAwait(false);
            end = SubscriptionEnd.Done;
        }
        catch (TransportStreamException failure)
        {
            var code = failure.ProtocolCode();
            // A publisher that goes drops its tracks on the way: that is the session's end, and not the track's. Any other code is about the track.
            if ((code == MoqErrorCode.Cancel || code == MoqErrorCode.Dropped) && await EndsSoonAsync().ConfigureAwait(false))
                end = await LoseAsync().ConfigureAwait(false);
            else
                end = Fail(id, code, $"The publisher {(code == MoqErrorCode.NotFound ? "does not have" : "ended")} {_reading.Name}, with code {code}.", isRemote: true);
        }
        catch (MoqException failure)
        {
            end = Fail(id, failure.Code, failure.Message, failure.IsRemote);
        }
        catch (TransportClosedException)
        {
            end = await LoseAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Connection.Log.StreamFailed(Connection.RemoteName, fault);
            end = Fail(id, MoqErrorCode.Transport, $"Reading {_reading.Name} failed: {fault.Message}", isRemote: false);
        }

        _decided.TrySet(false);
        Connection.Subscriptions.Remove(id);
        End = end;
        _reading.OnEnded(this);
    }

    /// <summary>From now on it serves the reading; until then its groups wait, because the one before it may go on.</summary>
    public void Serve()
    {
        Volatile.Write(ref _serves, true);
        _decided.TrySet(true);
    }

    /// <summary>Unsubscribes: nobody reads any more, or another connection brings the groups from now on. What is here is taken; a publisher resets what is not.</summary>
    public void Withdraw()
    {
        BidiStream? stream;
        lock (_gate)
        {
            _isWithdrawn = true;
            stream = _stream;
        }

        _decided.TrySet(false);
        _ended.Cancel();
        if (stream is null)
            return;
        stream.Value.Send.Finish();
        stream.Value.Receive.Stop(MoqErrorCode.Cancel);
    }

    private async ValueTask SubscribeAsync(ulong id)
    {
        var asked = Connection.Runtime.GetTimestamp();
        var stream = await OpenAsync().ConfigureAwait(false);
        _asked = _reading.Terms(Start);
        await stream.Send.WriteOpeningAsync(new Subscribe(id, _reading.Path, _reading.Track.Name, _asked), Connection.Version).ConfigureAwait(false);
        Connection.Log.Subscribed(Connection.RemoteName, _reading.Path, _reading.Track.Name, id);
        bool isWithdrawn;
        lock (_gate)
        {
            _stream = stream;
            isWithdrawn = _isWithdrawn;
        }

        if (isWithdrawn)
            Withdraw();
        var telling = Task.CompletedTask;
        try
        {
            using var reader = new MessageReader(stream.Receive, Connection.Version);
            if (await ReadAnswerAsync(reader).ConfigureAwait(false) is { } ok)
            {
                LateGroups = Late(Connection.Runtime.GetElapsedTime(asked));
                TakeAnswer(ok.Terms);
                // Old Rust peers end the subscription when they receive an update.
                if (IsKnown)
                    telling = TellAsync(stream.Send);
            }

            while (await reader.ReadSubscribeResponseAsync().ConfigureAwait(false) is { } response)
            {
                if (response.Drop is { } drop)
                    _reading.GiveUp(this, drop);
            }

            if (!IsWithdrawn)
                await DeliverAsync(stream).ConfigureAwait(false);
        }
        catch (TransportStreamException) when (IsWithdrawn)
        {
            // Our own doing.
        }
        catch
        {
            stream.Refuse(MoqErrorCode.Cancel);
            throw;
        }
        finally
        {
            _ended.Cancel();
            await EndTellingAsync(telling, stream.Send).ConfigureAwait(false);
        }

        // The reading has moved: what the publisher knows to be here is still taken.
        if (IsWithdrawn && !_reading.IsUnread)
            await WaitForLateGroupsAsync().ConfigureAwait(false);
    }

    /// <summary>The publisher has ended it. It waits for this side's end, which says whether the readers have everything.</summary>
    private async ValueTask DeliverAsync(BidiStream stream)
    {
        if (!await _decided.WaitAsync().ConfigureAwait(false))
            return;
        Volatile.Write(ref _isEnding, true);
        Changed.Set();
        await WaitForLateGroupsAsync().ConfigureAwait(false);
        if (await _reading.FinishAsync(this).ConfigureAwait(false) is not { } isRead)
            return;
        if (isRead)
            stream.Send.Finish();
        else
            stream.Send.Reset(MoqErrorCode.SlowReader);
    }

    private async ValueTask<BidiStream> OpenAsync()
    {
        using var limit = Connection.Runtime.Limit(Connection.Limits.SubscribeAnswer);
        try
        {
            return await Connection.Transport.OpenBidiAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"The peer allows no further bidirectional stream, of which each subscription takes one: {_reading.Name} was not subscribed to within {Connection.Limits.SubscribeAnswer}. End other readings, or raise the peer's limit (MaxIncomingBidiStreams).");
        }
    }

    private async ValueTask<SubscribeOk?> ReadAnswerAsync(MessageReader reader)
    {
        using var limit = Connection.Runtime.Limit(Connection.Limits.SubscribeAnswer);
        try
        {
            var response = await reader.ReadSubscribeResponseAsync(limit.Token).ConfigureAwait(false);
            return response?.Ok
                ?? throw new MoqStreamException(MoqErrorCode.ProtocolViolation, $"The publisher ended the subscription to {_reading.Name} without accepting it.", isRemote: true);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(MoqErrorCode.Timeout, $"The publisher did not answer the subscription to {_reading.Name} within {Connection.Limits.SubscribeAnswer}. Read the track again to ask once more.");
        }
    }

    private void TakeAnswer(DeliveryTerms terms)
    {
        IsKnown = SubscriptionTerms.Says(terms, _asked);
        if (IsKnown)
        {
            _reading.TakeAnswer(this, terms);
            Start = terms.StartGroup ?? Start;
        }

        IsAccepted = true;
        _reading.OnAccepted();
    }

    /// <summary>Tells the publisher what the readers want when that changes, where it is held back, and from time to time that they read on.</summary>
    private async Task TellAsync(ISendStream stream)
    {
        var ended = _ended.Token;
        var read = 0L;
        try
        {
            while (true)
            {
                var needsSignsOfLife = Volatile.Read(ref _isEnding) || _reading.IsHeldBack;
                using (var limit = Connection.Runtime.Limit(needsSignsOfLife ? Connection.Limits.SignOfLife : Timeout.InfiniteTimeSpan, ended))
                {
                    try
                    {
                        await Changed.WaitAsync(limit.Token).ConfigureAwait(false);
                    }
                    catch (OperationCanceledException) when (limit.IsExpired)
                    {
                        // Time to say that they read on.
                    }
                }

                // Whoever waits for readers that are behind must know that they are not dead.
                if (_reading.Terms(_asked, ref read, out var isAlive) is not { } terms || (terms == _asked && !isAlive))
                    continue;
                _asked = terms;
                // Not canceled half-way, which would reset the stream that says how the subscription ends.
                await stream.WriteAsync(new SubscribeUpdate(terms), Connection.Version, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The subscription is over.
        }
        catch (IOException)
        {
            // However the publisher ends its side: the end of the subscription is told by what it writes.
        }
    }

    /// <summary>An update may wait for a publisher that does not read what it is told: after a while the subscription ends without its word.</summary>
    private async ValueTask EndTellingAsync(Task telling, ISendStream stream)
    {
        if (!telling.IsCompleted)
        {
            using var limit = Connection.Runtime.Limit(Connection.Limits.LastUpdate);
            await using var giveUp = limit.Token.UnsafeRegister(static state => ((ISendStream)state!).Reset(MoqErrorCode.Timeout), stream).ConfigureAwait(false);
            await telling.ConfigureAwait(false);
        }
    }

    /// <summary>True if the connection is over, or will be in a moment.</summary>
    private async ValueTask<bool> EndsSoonAsync()
    {
        try
        {
            await Connection.Runtime.DelayAsync(Connection.Limits.LateGroups, Connection.Over).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async ValueTask<SubscriptionEnd> LoseAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        var end = await Connection.Transport.Closed.ConfigureAwait(false);
        return new SubscriptionEnd(MoqConnection.CodeOf(end), () => MoqConnection.ClosedException(end), IsLost: true);
    }

    private SubscriptionEnd Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        Connection.Log.SubscriptionFailed(Connection.RemoteName, id, code, message);
        return new SubscriptionEnd(code, () => new MoqStreamException(code, message, isRemote), IsLost: false);
    }
}
