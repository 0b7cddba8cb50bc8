using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads one track of a broadcast. Nothing is sent to the publisher until it is read. Every member may be used from any thread, and every
/// reading is a reader of its own.
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
    /// Gets the number of groups that the readers of this object have missed so far, wherever they were lost: dropped here or at the
    /// publisher because they were too old or too many, or reset on the way.
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

    /// <summary>Gets the clock on which its readers wait.</summary>
    internal Runtime Runtime => _broadcast.Runtime;

    /// <summary>
    /// Reads the groups in the order in which they arrive, beginning with the newest, as
    /// <see cref="ReadGroupsAsync(SubscribeOptions?, CancellationToken)"/> does without options.
    /// </summary>
    /// <param name="cancellationToken">Cancels the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was aborted; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was read before.</exception>
    public IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(CancellationToken cancellationToken) => ReadGroupsAsync(null, cancellationToken);

    /// <summary>
    /// Reads the groups, each once, in the order in which they arrive, beginning with the newest, from its first frame, or as the options
    /// say. In arrival order groups may overtake one another: see <see cref="GroupConsumer.Sequence"/>, or ask for
    /// <see cref="GroupOrder.Sequence"/>. A reader that is too slow skips groups; <see cref="GroupConsumer.Skipped"/> is their number.
    /// Taking the next group, or leaving the loop, gives the last group back unless <see cref="GroupConsumer.Keep"/> was called. Leaving
    /// the loop also ends the subscription.
    /// </summary>
    /// <param name="options">What the reader wants, or null for arrival order from the newest group on.</param>
    /// <param name="cancellationToken">Cancels the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was aborted; the code tells which.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was read before.</exception>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(
        SubscribeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A reading that is canceled already does not subscribe.
        cancellationToken.ThrowIfCancellationRequested();
        using var reader = Open(options);
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>Begins a reading whose options can be changed while it runs. Dispose it to end the subscription.</summary>
    /// <param name="options">What the reader wants, or null for arrival order from the newest group on.</param>
    /// <exception cref="MoqStreamException">
    /// The track is unknown or its broadcast is over; the code tells which. A refusal by a remote publisher is thrown by the first read.
    /// </exception>
    public TrackReader Open(SubscribeOptions? options = null)
    {
        var reader = new TrackReader(this, OpenCursor(options ?? SubscribeOptions.Default));
        lock (_gate)
            _readers.Add(reader);
        return reader;
    }

    /// <summary>Notes that a reading is over.</summary>
    internal void OnClosed(TrackReader reader)
    {
        lock (_gate)
        {
            if (_readers.Remove(reader))
                _skipped += reader.Skipped;
        }
    }

    /// <summary>Adds a reader of the track.</summary>
    /// <param name="options">What the reader wants.</param>
    /// <param name="peerId">The id of the peer that it reads for, which may be empty; null for a local reader.</param>
    internal TrackCursor OpenCursor(SubscribeOptions options, ReadOnlyMemory<byte>? peerId = null) =>
        _broadcast.OpenCursor(Name, options, peerId);
}
