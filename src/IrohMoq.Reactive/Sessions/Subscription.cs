using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// One SUBSCRIBE stream of this side: asks the publisher on one connection, takes its answer and its groups, sends it what the readers
/// want, and unsubscribes. The reading that it serves may go on when it ends. When the publisher ends it, groups may still be on their
/// way. See moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link holds nothing to dispose.
internal sealed class Subscription
#pragma warning restore CA1001
{
    private readonly TrackSubscriber _reading;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly GroupArrivals _arrivals;
    // Whether it serves the reading, once that is known.
    private readonly Completion<bool> _decided;
    private UpdateSender? _updates;
    private BidiStream? _stream;
    private bool _isWithdrawn;
    private bool _serves;

    public Subscription(TrackSubscriber reading, MoqConnection connection, ulong? start)
    {
        _reading = reading;
        Connection = connection;
        Start = start;
        _arrivals = new GroupArrivals(connection);
        _decided = new Completion<bool>(connection.Runtime);
        Changed = new Signal(connection.Runtime);
    }

    /// <summary>Gets the connection that it asks on.</summary>
    public MoqConnection Connection { get; }

    /// <summary>Gets the signal that is set when there may be an update to send.</summary>
    public Signal Changed { get; }

    /// <summary>Gets the first group that the publisher sends, or, where it does not say, the one that was asked for.</summary>
    public ulong? Start { get; private set; }

    /// <summary>Gets a value indicating whether the publisher has accepted it.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Gets a value indicating whether the publisher has said what it does, as one does that knows where to begin.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Gets how long a group that is sent now may be under way.</summary>
    public TimeSpan LateGroups => _arrivals.Late;

    /// <summary>Gets a value indicating whether every group is wanted, however late.</summary>
    public bool WantsAll => _updates is { WantsAll: true };

    /// <summary>Gets how it ended, or null.</summary>
    public SubscriptionEnd? End { get; private set; }

    /// <summary>
    /// Gets the code for a group that is here already. Twice on one connection is a fault of the peer. What another connection has brought
    /// is merely not wanted again, and a publisher of a lossless track must not take that for a loss.
    /// </summary>
    public MoqErrorCode RefusalOfKnownGroup =>
        Volatile.Read(ref _serves) && !_reading.HasMoved ? MoqErrorCode.Duplicate : MoqErrorCode.Cancel;

    /// <summary>
    /// Gets a value indicating whether this side has ended it, because there is no reader any more or the reading has moved.
    /// </summary>
    private bool IsWithdrawn => Volatile.Read(ref _isWithdrawn);

    /// <summary>Runs to its end, which the reading gets. It never fails.</summary>
    public async Task RunAsync()
    {
        var id = Connection.Subscriptions.Add(this);
        SubscriptionEnd end;
        try
        {
            end = await RunToEndAsync(id).ConfigureAwait(false);
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

    /// <summary>Lets it serve the reading. Until then its groups wait, because the subscription before it may go on.</summary>
    public void Serve()
    {
        Volatile.Write(ref _serves, true);
        _decided.TrySet(true);
    }

    /// <summary>
    /// Unsubscribes: there is no reader any more, or another connection brings the groups from now on. What is here is taken; a publisher
    /// resets what is not. It does not throw.
    /// </summary>
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
        try
        {
            stream.Value.Send.Finish();
            stream.Value.Receive.Stop(MoqErrorCode.Cancel);
        }
        catch (Exception fault)
        {
            Connection.Fail(fault);
        }
    }

    /// <summary>Notes that a group of the subscription has begun to arrive.</summary>
    /// <returns>False if no reader wants it any more.</returns>
    public bool TryBegin(LinkedListNode<GroupSubscriber> stream)
    {
        _arrivals.OnBegun();
        _reading.OnStreamBegun(stream);
        if (!_reading.IsUnread)
            return true;
        OnGroupEnded(stream);
        return false;
    }

    /// <summary>Notes that the stream of a group is over.</summary>
    public void OnGroupEnded(LinkedListNode<GroupSubscriber> stream)
    {
        _reading.OnStreamEnded(stream);
        _arrivals.OnEnded();
    }

    /// <summary>
    /// The group that a stream brings, from its beginning or behind what another stream has brought; null if it is not wanted.
    /// </summary>
    public ValueTask<GroupProducer?> BeginGroupAsync(GroupSubscriber stream) =>
        Volatile.Read(ref _serves) ? _reading.BeginGroupAsync(this, stream) : BeginOnceItServesAsync(stream);

    public void OnBrokenOff(BrokenGroup group) => _reading.OnBrokenOff(this, group);

    private async ValueTask<GroupProducer?> BeginOnceItServesAsync(GroupSubscriber stream) =>
        await _decided.WaitAsync().ConfigureAwait(false) ? await _reading.BeginGroupAsync(this, stream).ConfigureAwait(false) : null;

    private async ValueTask<SubscriptionEnd> RunToEndAsync(ulong id)
    {
        try
        {
            await SubscribeAsync(id).ConfigureAwait(false);
            return SubscriptionEnd.Done;
        }
        catch (TransportStreamException failure)
        {
            var code = failure.ProtocolCode();
            // A publisher that closes drops its tracks on the way: the session has ended, and not the track. Any other code is about the
            // track.
            var isEnding = (code == MoqErrorCode.Cancel || code == MoqErrorCode.Dropped)
                && await Connection.EndsWithinAsync(Connection.Limits.LateGroups).ConfigureAwait(false);
            if (isEnding)
                return await LoseAsync().ConfigureAwait(false);
            var what = code == MoqErrorCode.NotFound ? "does not have" : "ended";
            return Fail(id, code, $"The publisher {what} {_reading.Name}, with code {code}.", isRemote: true);
        }
        catch (MoqException failure)
        {
            return Fail(id, failure.Code, failure.Message, failure.IsRemote);
        }
        catch (TransportClosedException)
        {
            return await LoseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask SubscribeAsync(ulong id)
    {
        var asked = Connection.Runtime.GetTimestamp();
        var request = new SubscribeRequest(Connection, _reading.Name);
        var stream = await request.OpenAsync().ConfigureAwait(false);
        var terms = _reading.Terms(Start);
        var updates = _updates = new UpdateSender(Connection, _reading, Changed, terms);
        var subscribe = new Subscribe(id, _reading.Path, _reading.Track.Name, terms);
        await stream.Send.WriteOpeningAsync(subscribe, Connection.Version).ConfigureAwait(false);
        Connection.Log.Subscribed(Connection.RemoteName, _reading.Path, _reading.Track.Name, id);
        lock (_gate)
            _stream = stream;
        if (IsWithdrawn)
            Withdraw();
        var updating = Task.CompletedTask;
        try
        {
            using var reader = new MessageReader(stream.Receive, Connection.Version);
            var ok = await request.ReadAnswerAsync(reader).ConfigureAwait(false);
            _arrivals.SetAnswerTime(Connection.Runtime.GetElapsedTime(asked));
            TakeAnswer(ok.Terms, terms);
            // Old Rust peers end the subscription when they receive an update.
            if (IsKnown)
                updating = updates.RunAsync(stream, _ended.Token);
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
            // This side has stopped it.
        }
        catch
        {
            stream.Refuse(MoqErrorCode.Cancel);
            throw;
        }
        finally
        {
            _ended.Cancel();
            await updates.EndAsync(updating, stream.Send).ConfigureAwait(false);
        }

        // The reading has moved: what the publisher knows to have arrived is still taken.
        if (IsWithdrawn && !_reading.IsUnread)
            await WaitForLateGroupsAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the reading: the publisher has ended the subscription, and waits for the end of this side, which says whether the readers have
    /// everything.
    /// </summary>
    private async ValueTask DeliverAsync(BidiStream stream)
    {
        if (!await _decided.WaitAsync().ConfigureAwait(false))
            return;
        _updates!.SendSignsOfLife();
        await WaitForLateGroupsAsync().ConfigureAwait(false);
        if (await _reading.FinishAsync(this).ConfigureAwait(false) is not { } isRead)
            return;
        if (isRead)
            stream.Send.Finish();
        else
            stream.Send.Reset(MoqErrorCode.SlowReader);
    }

    private void TakeAnswer(DeliveryTerms terms, DeliveryTerms asked)
    {
        IsKnown = SubscriptionTerms.Says(terms, asked);
        if (IsKnown)
        {
            _reading.TakeAnswer(this, terms);
            Start = terms.StartGroup ?? Start;
        }

        IsAccepted = true;
        _reading.OnAccepted();
    }

    private async ValueTask WaitForLateGroupsAsync()
    {
        if (!await _arrivals.WaitForLateAsync().ConfigureAwait(false))
            await DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until what had arrived by the end of the connection is taken.</summary>
    private async ValueTask DrainAsync()
    {
        _decided.TrySet(false);
        await Connection.StreamsDrained.ConfigureAwait(false);
        await _arrivals.WaitForNoneAsync().ConfigureAwait(false);
    }

    private async ValueTask<SubscriptionEnd> LoseAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        var end = await Connection.WhenEndedAsync().ConfigureAwait(false);
        return new SubscriptionEnd(MoqConnection.CodeOf(end), () => MoqConnection.ClosedException(end), IsLost: true);
    }

    private SubscriptionEnd Fail(ulong id, MoqErrorCode code, string message, bool isRemote)
    {
        Connection.Log.SubscriptionFailed(Connection.RemoteName, id, code, message);
        return SubscriptionEnd.Failed(code, message, isRemote);
    }
}
