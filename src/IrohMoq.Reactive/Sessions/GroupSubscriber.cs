using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Receives one group stream of the peer. Data is read as soon as it arrives, no matter how fast the readers are; to slow a peer down,
/// the stream withholds flow-control credit (<see cref="ReceiveFlow"/>). A stream of another type, or of an unknown or ended
/// subscription, is stopped without effect on other streams. A group whose stream breaks off does not affect other groups. An instance
/// is reused for one stream after another, because groups may be short and many.
/// </summary>
internal sealed class GroupSubscriber : IGroupSource
{
    private readonly MoqConnection _connection;
    private readonly GroupSubscribers _spare;
    private readonly LinkedListNode<GroupSubscriber> _place;
    private readonly GroupStreamReader _reader = new();
    private IReceiveStream _stream = null!;
    private IFlowControlledStream? _credit;
    private GroupProducer? _group;
    private Subscription? _subscription;

    public GroupSubscriber(MoqConnection connection, GroupSubscribers spare)
    {
        _connection = connection;
        _spare = spare;
        _place = new LinkedListNode<GroupSubscriber>(this);
    }

    /// <summary>Gets the timestamp at which the stream was accepted.</summary>
    public long AcceptedAt { get; private set; }

    /// <summary>Gets the sequence number of the group that the stream carries.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Gets the index, in the group, of the first frame that the stream carries.</summary>
    public ulong FrameStart { get; private set; }

    /// <summary>
    /// Gets or sets the signal that is set when this stream ends, or null. Another stream, which carries the same group on another
    /// connection, waits for the signal. The caller must hold the lock of <see cref="ArrivingGroups"/>.
    /// </summary>
    public Signal? Successor { get; set; }

    /// <summary>
    /// Sets a value that indicates whether flow-control credit is withheld from the peer for the data that is read from the stream.
    /// </summary>
    public bool IsCreditWithheld
    {
        set
        {
            if (_credit is { } credit)
                credit.IsCreditWithheld = value;
        }
    }

    /// <summary>
    /// Gets a value that indicates whether a reader waits for more data of the group. The caller must hold the lock of the track.
    /// </summary>
    public bool IsAwaited => _group is { Readers.IsAnyWaiting: true };

    /// <summary>Gets the group that the stream carries, or null before the group is known and after its end.</summary>
    public GroupProducer? Group => _group;

    /// <summary>Receives a stream until its end, and then returns this instance to the pool. The returned task never fails.</summary>
    public async Task RunAsync(IReceiveStream stream)
    {
        _stream = stream;
        _credit = stream as IFlowControlledStream;
        _reader.Begin(stream, _connection.Version);
        AcceptedAt = _connection.Runtime.GetTimestamp();
        var isGroup = false;
        try
        {
            if (await ReadHeaderAsync().ConfigureAwait(false) is not { } header)
                return;
            isGroup = true;
            if (_connection.Subscriptions.Find(header.SubscribeId) is { } subscription)
                await ReceiveAsync(subscription, header).ConfigureAwait(false);
            else
                stream.Stop(MoqErrorCode.Cancel, _connection.Version);
        }
        catch (Exception failure)
        {
            if (IsGroupLostHere(failure))
                MoqTelemetry.GroupsReset.AddLocal(1);
            _connection.GiveUp(stream, failure);
        }
        finally
        {
            _reader.End();
            // What has read no group is not kept, so that an idle connection keeps none.
            if (isGroup)
                _spare.Return(this);
        }
    }

    /// <summary>
    /// Determines whether this side lost a group (it was malformed or dropped), as opposed to an unwanted group or a reset by the peer.
    /// </summary>
    private bool IsGroupLostHere(Exception failure) => failure switch
    {
        MoqException => true,
        TransportStreamException over => !over.IsRemote && over.ProtocolCode(_connection.Version) != MoqErrorCode.Cancel,
        _ => false,
    };

    /// <summary>Determines whether another stream belongs to the same subscription.</summary>
    public bool IsBeside(GroupSubscriber other) => _subscription == other._subscription;

    public void Stop(MoqErrorCode code) => _stream.Stop(code, _connection.Version);

    public void Admit() => IsCreditWithheld = false;

    public void Withhold() => IsCreditWithheld = true;

    /// <summary>Reads the type and the header of the stream.</summary>
    /// <returns>Null if the stream carries no group.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GroupHeader?> ReadHeaderAsync()
    {
        var isWatched = false;
        try
        {
            ulong type;
            int consumed;
            while (!Varint.TryRead(_reader.Unread, out type, out consumed))
            {
                var read = _reader.ReadAheadAsync();
                isWatched = Watch(isWatched, read.IsCompleted);
                if (!_reader.Took(await read.ConfigureAwait(false), "stream type"))
                    return null;
            }

            _reader.Use(consumed);
            if (type != (ulong)UniStreamType.Group)
            {
                if (type == (ulong)UniStreamType.Setup && _connection.Setup is { } setup)
                    await ReadSetupAsync(setup).ConfigureAwait(false);
                else
                    Stop(MoqErrorCode.Cancel);
                return null;
            }

            GroupHeader header;
            while (!GroupHeader.TryRead(_reader.Unread, _connection.Version, out header, out consumed))
            {
                var read = _reader.ReadAheadAsync();
                isWatched = Watch(isWatched, read.IsCompleted);
                if (!_reader.Took(await read.ConfigureAwait(false), GroupHeader.Name))
                    throw MessageFraming.Truncated(GroupHeader.Name, 0);
            }

            _reader.Use(consumed);
            return header;
        }
        finally
        {
            if (isWatched)
                _spare.Unwatch(_place);
        }
    }

    private async ValueTask ReadSetupAsync(SetupExchange exchange)
    {
        exchange.OnStream();
        // The buffer for groups is smaller than the longest message.
        using var reader = new MessageReader(_stream, _connection.Version, _reader.Unread);
        exchange.OnReceived(
            await reader.ReadAsync<Setup>().ConfigureAwait(false) ?? throw MessageFraming.Truncated(Setup.Name, 0, closesSession: true));
    }

    /// <summary>
    /// Starts the time limit for the header if it is not available immediately. Most streams deliver it with their first bytes.
    /// </summary>
    private bool Watch(bool isWatched, bool isThere)
    {
        if (!isWatched && !isThere)
            _spare.Watch(_place);
        return isWatched || !isThere;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveAsync(Subscription subscription, GroupHeader header)
    {
        GroupProducer? group = null;
        _subscription = subscription;
        (Sequence, FrameStart) = (header.Sequence, header.FrameStart);
        if (!subscription.TryBegin(_place))
        {
            Stop(MoqErrorCode.Cancel);
            return;
        }

        try
        {
            _group = group = await subscription.BeginGroupAsync(this).ConfigureAwait(false);
            if (group is null || !ReceivedGroup.TrySetSource(group, this))
            {
                Stop(group is null ? subscription.RefusalOfKnownGroup : group.End.Code ?? MoqErrorCode.Cancel);
                return;
            }

            _reader.SkipFrames(FramesToSkip(group, header));
            while (await _reader.TakeFrameAsync(group).ConfigureAwait(false))
            {
                // Reads one frame after another until the end of the group.
            }

            ReceivedGroup.ClearSource(group);
            // The readers that have asked for no more have read all that they need; the rest can be fetched.
            if (subscription.HasAskedToEndAt(group))
                group.BreakOff(MoqErrorCode.Evicted, isRemote: false);
            else
                group.Finish();
        }
        catch (Exception failure)
        {
            BreakOff(group, header, failure);
            throw;
        }
        finally
        {
            _group = null;
            subscription.OnGroupEnded(_place);
            _subscription = null;
        }
    }

    /// <summary>Returns the number of frames of the stream that have been received before.</summary>
    /// <exception cref="MoqProtocolException">The stream begins with a frame that does not follow those.</exception>
    private static int FramesToSkip(GroupProducer group, GroupHeader header) => header.FrameStart <= (ulong)group.NextFrame
        ? group.NextFrame - (int)header.FrameStart
        : throw new MoqProtocolException(
            MoqErrorCode.Lagged, $"The peer sent group {header.Sequence} from frame {header.FrameStart} on, which was not asked for.");

    private void BreakOff(GroupProducer? group, GroupHeader header, Exception failure)
    {
        if (failure is MoqException && group is null or { IsOpen: true })
        {
            _connection.Log.GroupLost(
                _connection.RemoteName, header.SubscribeId, header.Sequence, ((MoqException)failure).Code, failure.Message);
        }

        if (group is null)
            return;
        // Another stream may continue the group from here.
        ReceivedGroup.ClearSource(group);
        _reader.AbandonFrame();
        _group = null;
        _subscription!.OnBrokenOff(BrokenGroup.Of(group, failure, _connection));
    }
}
