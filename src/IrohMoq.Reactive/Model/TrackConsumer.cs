using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads one track of a broadcast. Nothing is sent to the publisher until the track is read. All members are thread-safe, and every call
/// that starts reading adds a separate reader.
/// </summary>
public sealed class TrackConsumer
{
    private readonly Lock _gate = new();
    private readonly List<TrackReader> _readers = [];
    private readonly BroadcastProducer _broadcast;
    private long _skipped;

    internal TrackConsumer(BroadcastProducer broadcast, string name)
    {
        _broadcast = broadcast;
        Name = name;
    }

    /// <summary>Gets the name of the track in its broadcast.</summary>
    public string Name { get; }

    /// <summary>
    /// Gets the number of groups that the readers of this object have missed so far, whatever the reason: they were too old or too many,
    /// here or at the publisher, or were reset in transit.
    /// </summary>
    public long Skipped
    {
        get
        {
            lock (_gate)
            {
                var skipped = _skipped;
                foreach (var reader in _readers)
                    skipped += reader.Skipped;
                return skipped;
            }
        }
    }

    /// <summary>Gets the clock that the readers of the track use.</summary>
    internal Runtime Runtime => _broadcast.Runtime;

    /// <summary>
    /// Reads the groups in the order in which they arrive, beginning with the newest, as
    /// <see cref="ReadGroupsAsync(SubscribeOptions?, CancellationToken)"/> does without options.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was aborted; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended, and everything that had arrived before has been read.</exception>
    public IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(CancellationToken cancellationToken) => ReadGroupsAsync(null, cancellationToken);

    /// <summary>
    /// Reads the groups, each once. By default, they are read in the order in which they arrive, beginning with the first frame of the
    /// newest group; the options can change this. In arrival order, groups may overtake one another: see
    /// <see cref="GroupConsumer.Sequence"/>, or use <see cref="GroupOrder.Sequence"/>. A reader that is too slow skips groups;
    /// <see cref="GroupConsumer.Skipped"/> is their number. Reading the next group, or leaving the loop, releases the last group unless
    /// <see cref="GroupConsumer.Keep"/> was called. Leaving the loop also ends the subscription.
    /// </summary>
    /// <param name="options">The options of the reader, or null for arrival order from the newest group on.</param>
    /// <param name="cancellationToken">The token that cancels the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was aborted; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended, and everything that had arrived before has been read.</exception>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(
        SubscribeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // If the token is already canceled, no subscription is made.
        cancellationToken.ThrowIfCancellationRequested();
        using var reader = Open(options);
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>Opens a reader whose options can be changed while it reads. Dispose the reader to end the subscription.</summary>
    /// <param name="options">The options of the reader, or null for arrival order from the newest group on.</param>
    /// <exception cref="MoqStreamException">
    /// The track is unknown or its broadcast has ended; the code tells which. A refusal by a remote publisher is thrown by the first
    /// read.
    /// </exception>
    public TrackReader Open(SubscribeOptions? options = null)
    {
        var reader = new TrackReader(this, OpenCursor(options ?? SubscribeOptions.Default));
        lock (_gate)
            _readers.Add(reader);
        return reader;
    }

    /// <summary>
    /// Requests the properties of the track, without reading it. From moq-lite-05 on, publishers answer such a request. In moq-lite-03 and
    /// 04 the method subscribes to the track until the publisher has answered, which tells only <see cref="TrackProperties.MaxAge"/> and
    /// <see cref="TrackProperties.IsLossless"/>. See moq-lite, "TRACK".
    /// </summary>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    /// <returns>
    /// The properties. Those of a track of this process that is requested or reserved are known when its producer has created it.
    /// </returns>
    /// <exception cref="MoqStreamException">
    /// The track is unknown, refused or was aborted, or the publisher did not answer within 10 s; the code tells which.
    /// </exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="OperationCanceledException">The request was withdrawn.</exception>
    public ValueTask<TrackProperties> GetPropertiesAsync(CancellationToken cancellationToken = default) =>
        _broadcast.PropertiesAsync(Name, requester: null, cancellationToken);

    /// <summary>
    /// Fetches one group by its number, without reading the others. A group that is kept on this side is read from there; otherwise it is
    /// requested from the publisher. A group that is still written is read as it grows. The request of a track that does not exist reaches
    /// <see cref="BroadcastProducer.OpenTrackRequests"/>, as that of a subscription does; the group is then waited for up to 10 s. If
    /// another connection of the session replaces the one on which the group arrives, the rest of the group comes over that one. See
    /// moq-lite, "FETCH".
    /// </summary>
    /// <param name="sequence">The number of the group, from 0 to <see cref="TrackProducer.MaxSequence"/>.</param>
    /// <param name="options">The options of the request, or null for the defaults.</param>
    /// <param name="cancellationToken">
    /// The token that withdraws the request. It has no effect on a group that has been returned: dispose that to end it.
    /// </param>
    /// <returns>
    /// The group, as soon as it is kept here or its first bytes have arrived. Dispose it, or read its frames to the end or leave the loop.
    /// Its frames begin with <see cref="FetchOptions.FirstFrame"/>, and end with <see cref="FetchOptions.LastFrame"/>.
    /// </returns>
    /// <remarks>
    /// moq-lite-03 and 04 have no such request that peers answer: there the group is read by a subscription that consists of this group
    /// alone.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is too high.</exception>
    /// <exception cref="ArgumentException">The last frame of the options precedes the first one.</exception>
    /// <exception cref="MoqStreamException">
    /// The broadcast, the track or the group does not exist (<see cref="MoqErrorCode.NotFound"/>, <see cref="MoqErrorCode.Unroutable"/>),
    /// the group is no longer kept (<see cref="MoqErrorCode.Evicted"/>, <see cref="MoqErrorCode.Old"/>), the publisher has too many
    /// requests of this side (<see cref="MoqErrorCode.NoCapacity"/>), or it did not answer within 10 s
    /// (<see cref="MoqErrorCode.Timeout"/>).
    /// </exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="OperationCanceledException">The request was withdrawn.</exception>
    public ValueTask<GroupConsumer> FetchAsync(
        ulong sequence, FetchOptions? options = null, CancellationToken cancellationToken = default) =>
        _broadcast.FetchAsync(Name, sequence, options ?? FetchOptions.Default, requester: null, cancellationToken);

    /// <summary>Fetches one group for a peer.</summary>
    internal ValueTask<GroupConsumer> FetchForAsync(
        ulong sequence, FetchOptions options, Requester requester, CancellationToken cancellationToken) =>
        _broadcast.FetchAsync(Name, sequence, options, requester, cancellationToken);

    /// <summary>
    /// Fetches the newest group, after waiting until the track has one. A group that is still written is read as it grows. Unlike
    /// <see cref="FetchAsync"/>, this method subscribes to the track, and unsubscribes when the group has been read or disposed.
    /// </summary>
    /// <param name="options">The options of the request, or null for the defaults.</param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait. It has no effect on a group that has been returned: dispose that to end it.
    /// </param>
    /// <returns>The group. Dispose it, or read its frames to the end or leave the loop.</returns>
    /// <exception cref="ArgumentException">The last frame of the options precedes the first one.</exception>
    /// <exception cref="MoqStreamException">
    /// The track is unknown, refused or was aborted, or has ended and keeps no group (<see cref="MoqErrorCode.NotFound"/>).
    /// </exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask<GroupConsumer> FetchLatestAsync(FetchOptions? options = null, CancellationToken cancellationToken = default) =>
        _broadcast.FetchLatestAsync(Name, options ?? FetchOptions.Default, cancellationToken);

    /// <summary>Records that a reader has ended.</summary>
    internal void OnClosed(TrackReader reader)
    {
        lock (_gate)
        {
            if (_readers.Remove(reader))
                _skipped += reader.Skipped;
        }
    }

    /// <summary>Adds a reader of the track.</summary>
    /// <param name="options">The options of the reader.</param>
    /// <param name="peer">The peer for which the reader reads, or null for a local reader.</param>
    internal TrackCursor OpenCursor(SubscribeOptions options, Requester? peer = null) =>
        _broadcast.OpenCursor(Name, options, peer);
}
