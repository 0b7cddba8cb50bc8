using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents one SUBSCRIBE stream of this side: subscribes on one connection, receives the answer and the groups, sends the delivery
/// terms of the readers to the publisher, and unsubscribes. The <see cref="RemoteTrack"/> that it serves may continue with another
/// subscription when this one ends. When the publisher ends the subscription, groups may still be in flight. See moq-lite, "Subscribe".
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    private readonly RemoteTrack _track;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly GroupArrivals _arrivals;
    // Completes with true if the subscription serves the track, or with false if it never will.
    private readonly Completion<bool> _decided;
    private UpdateSender? _updates;
    private BidiStream? _stream;
    private readonly bool _isFromNewest;
    private bool _isWithdrawn;
    private bool _isWanted;
    private bool _isDescribed;
    private bool _serves;

    /// <param name="track">The track.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="start">The first group that was not received, or null to begin where the readers request it.</param>
    /// <param name="isFromNewest">True to begin with the newest group, wherever the readers request to begin.</param>
    public Subscription(RemoteTrack track, MoqConnection connection, ulong? start, bool isFromNewest = false)
    {
        _track = track;
        Connection = connection;
        Start = start;
        _isFromNewest = isFromNewest;
        _arrivals = new GroupArrivals(connection);
        _decided = new Completion<bool>(connection.Runtime);
        Changed = new Signal(connection.Runtime);
        _isDescribed = !connection.Version.HasTrackInfo && !track.HasSources;
    }

    /// <summary>Gets the connection of the subscription.</summary>
    public MoqConnection Connection { get; }

    private MoqVersion Version => Connection.Version;

    /// <summary>Gets the signal that is set when there may be an update to send.</summary>
    public Signal Changed { get; }

    /// <summary>Gets the first group that the publisher sends, or the requested first group if the publisher does not tell.</summary>
    public ulong? Start { get; private set; }

    /// <summary>Gets the lowest group that was requested, or null if the newest one was.</summary>
    public ulong? RequestedStart { get; private set; }

    /// <summary>
    /// Gets the number of the first group that will not exist, or null while the publisher has not told it, which it does from
    /// moq-lite-05 on.
    /// </summary>
    public ulong? TrackEnd { get; private set; }

    /// <summary>Gets a value indicating whether the publisher has accepted the subscription.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>
    /// Gets a value indicating whether the publisher has answered with its own delivery terms. Such a publisher also knows at which
    /// group the subscription begins.
    /// </summary>
    public bool IsKnown { get; private set; }

    /// <summary>Gets the maximum time that a group stream may take to arrive after the publisher has sent it.</summary>
    public TimeSpan LateGroups => _arrivals.Late;

    /// <summary>Gets a value indicating whether the readers want every group, no matter how late.</summary>
    public bool WantsAll => _updates is { WantsAll: true };

    /// <summary>Gets a value indicating whether <see cref="WantsAll"/> has been true since the subscription began.</summary>
    public bool HasAlwaysWantedAll => _updates is { HasAlwaysWantedAll: true };

    /// <summary>Gets how the subscription ended, or null while it is active.</summary>
    public SubscriptionEnd? End { get; private set; }

    /// <summary>
    /// Gets the code with which a group is refused that was already received. A group that is sent twice on one connection is a fault
    /// of the peer. A group that another connection has delivered is merely not needed again, and a publisher of a lossless track must
    /// not take the refusal for a loss.
    /// </summary>
    public MoqErrorCode RefusalOfKnownGroup =>
        Volatile.Read(ref _serves) && !_track.Subscriptions.MayComeTwice ? MoqErrorCode.Duplicate : MoqErrorCode.Cancel;

    /// <summary>
    /// Gets a value indicating whether this side has ended the subscription, because there is no reader any more or because the readers
    /// are served over another connection.
    /// </summary>
    private bool IsWithdrawn => Volatile.Read(ref _isWithdrawn);

    /// <summary>Runs the subscription to its end, and reports the end to the track. The returned task never fails.</summary>
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
            end = Fail(id, MoqErrorCode.Transport, $"Reading {_track.Name} failed: {fault.Message}", isRemote: false);
        }

        _decided.TrySet(false);
        Connection.Subscriptions.Remove(id);
        End = end;
        _track.OnEnded(this);
    }

    /// <summary>
    /// Lets the subscription serve the track. Until this call its groups wait, because the previous subscription may still be served.
    /// </summary>
    public void Serve()
    {
        lock (_gate)
            _isWanted = true;
        ServeIfKnown();
    }

    /// <summary>
    /// Unsubscribes, because there is no reader any more or because another connection delivers the groups from now on. Groups that
    /// have arrived are still received; the publisher resets the others. This method does not throw.
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
            stream.Value.Receive.Stop(MoqErrorCode.Cancel, Version);
        }
        catch (Exception fault)
        {
            Connection.Fail(fault);
        }
    }

    private async ValueTask<SubscriptionEnd> RunToEndAsync(ulong id)
    {
        if (Connection.Goaway.IsReceived)
            return Refused();
        try
        {
            await SubscribeAsync(id).ConfigureAwait(false);
            return SubscriptionEnd.Done;
        }
        catch (TransportStreamException failure)
        {
            IsReset = true;
            var code = failure.ProtocolCode(Version);
            // A publisher that closes its session also ends its tracks: the session has ended, but the track has not. Any other code
            // refers to the track.
            var isEnding = MayEndWithSession(code)
                && await Connection.EndsWithinAsync(Connection.Limits.LateGroups).ConfigureAwait(false);
            if (isEnding)
                return await LoseAsync().ConfigureAwait(false);
            if (code == MoqErrorCode.GoingAway)
                return Refused();
            var what = code == MoqErrorCode.NotFound ? "does not have" : "ended";
            return Fail(id, code, $"The publisher {what} {_track.Name}, with code {code}.", isRemote: true);
        }
        catch (MoqStreamException failure) when (failure.Code == MoqErrorCode.GoingAway)
        {
            return Refused();
        }
        catch (MoqProtocolException failure) when (failure.ClosesSession)
        {
            return await LoseAsync().ConfigureAwait(false);
        }
        catch (MoqException failure)
        {
            return Fail(id, failure.Code, failure.Message, failure.IsRemote);
        }
        catch (Exception closed) when (closed is TransportClosedException or OperationCanceledException)
        {
            return await LoseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Determines whether a publisher ends a track with a code when it ends altogether. Moq-lite-06 has no number for a track that is
    /// dropped, so that it ends like one that fails.
    /// </summary>
    private bool MayEndWithSession(MoqErrorCode code) =>
        code == MoqErrorCode.Cancel || code == MoqErrorCode.Dropped || (Version.HasRoutes && code == MoqErrorCode.Internal);

    private async ValueTask SubscribeAsync(ulong id)
    {
        var asked = Connection.Runtime.GetTimestamp();
        var request = new SubscribeRequest(Connection, _track.Name);
        var terms = _isFromNewest ? _track.ReadersTerms.FromNewest(Version) : _track.ReadersTerms.From(Start, Version);
        RequestedStart = terms.StartGroup;
        if (Version.HasRoutes && terms.StartGroup is null)
        {
            var publisher = await Connection.Setup!.WaitAsync(Connection.Over).ConfigureAwait(false);
            terms = SubscriptionTerms.FromNewest(terms, publisher.Extensions);
            if (IsWithdrawn)
                return;
        }

        var updates = new UpdateSender(Connection, _track, Changed, terms);
        Volatile.Write(ref _updates, updates);
        var subscribe = new Subscribe(id, _track.Path, _track.Producer.Name, terms);
        var (stream, asking) = await OpenAsync(request, subscribe).ConfigureAwait(false);
        Connection.Log.Subscribed(Connection.RemoteName, _track.Path, _track.Producer.Name, id);
        lock (_gate)
            _stream = stream;
        if (IsWithdrawn)
            Withdraw();
        var updating = Task.CompletedTask;
        try
        {
            using var reader = new MessageReader(stream.Receive, Version);
            if (asking is not null)
            {
                TakeInfo(await asking.ConfigureAwait(false));
                _arrivals.SetAnswerTime(Connection.Runtime.GetElapsedTime(asked));
            }
            else
            {
                var ok = await request.ReadAnswerAsync(reader).ConfigureAwait(false);
                _arrivals.SetAnswerTime(Connection.Runtime.GetElapsedTime(asked));
                TakeAnswer(ok.Terms, terms);
            }

            // Old Rust peers end the subscription when they receive an update. In moq-lite-06 an update before the publisher has told
            // where it begins would request older groups.
            if (IsKnown && !Version.HasRoutes)
                updating = updates.RunAsync(stream, _ended.Token);
            while (await reader.ReadSubscribeResponseAsync().ConfigureAwait(false) is { } response)
            {
                if (response.Drop is { } drop)
                    _track.Drops.Add(this, FromWire(drop));
                else if (response.End is { } end)
                    TakeEnd(end.Group);
                else if (Version.HasTrackInfo && response.Ok?.Terms.StartGroup is { } first && TryTakeStart(first) && Version.HasRoutes)
                    updating = updates.RunAsync(stream, _ended.Token);
            }

            if (!IsWithdrawn)
            {
                ThrowIfNoEnd();
                await DeliverAsync(stream).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (IsWithdrawn && over is TransportStreamException or OperationCanceledException)
        {
            // This side has ended the subscription.
        }
        catch (TransportStreamException) when (Volatile.Read(ref _violation) is not null)
        {
            ThrowIfViolated();
        }
        catch (MoqProtocolException wrong)
        {
            Connection.GiveUp(stream, wrong);
            throw;
        }
        catch
        {
            stream.Refuse(MoqErrorCode.Cancel, Version);
            throw;
        }
        finally
        {
            _ended.Cancel();
            await updates.EndAsync(updating, stream.Send).ConfigureAwait(false);
        }

        // The track has moved to another connection. Groups that the publisher knows to have arrived are still received.
        if (IsWithdrawn && !_track.IsUnread)
            await WaitForLateGroupsAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
