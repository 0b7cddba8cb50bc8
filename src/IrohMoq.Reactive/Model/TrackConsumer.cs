using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads one track of a broadcast. Nothing is asked of the publisher until it is read. Safe for any thread; every reading is a reader of
/// its own.
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

    /// <summary>The track's name in its broadcast.</summary>
    public string Name { get; }

    /// <summary>
    /// How many groups the readers of this object have missed so far, wherever they were lost: dropped here or at the publisher because
    /// they were too old or too many, or reset on the way.
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

    /// <summary>Where its readers go on.</summary>
    internal Runtime Runtime => _broadcast.Runtime;

    /// <summary>
    /// Reads the groups in the order they arrive, beginning with the newest there is, as
    /// <see cref="ReadGroupsAsync(SubscribeOptions?, CancellationToken)"/> does without options.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was given up; the code tells.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was delivered before.</exception>
    public IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(CancellationToken cancellationToken) => ReadGroupsAsync(null, cancellationToken);

    /// <summary>
    /// Reads the groups, each once: in the order they arrive, beginning with the newest there is, from its first frame, or as the options
    /// say. In arrival order groups may overtake one another: look at <see cref="GroupConsumer.Sequence"/>, or ask for
    /// <see cref="GroupOrder.Sequence"/>, if order matters. A reader that is too slow skips groups, told by
    /// <see cref="GroupConsumer.Skipped"/>. Taking the next group gives the last one back, and so does leaving the loop, unless it was
    /// kept by <see cref="GroupConsumer.Keep"/>. Leaving the loop gives the subscription back too.
    /// </summary>
    /// <param name="options">What the reader wants; null for arrival order from the newest group on.</param>
    /// <param name="cancellationToken">Ends the reading at the next step.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was given up; the code tells.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was delivered before.</exception>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(
        SubscribeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Who has given up already asks nobody.
        cancellationToken.ThrowIfCancellationRequested();
        using var reader = Open(options);
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>Begins a reading whose options can be changed while it runs. Dispose it to give the subscription back.</summary>
    /// <param name="options">What the reader wants; null for arrival order from the newest group on.</param>
    /// <exception cref="MoqStreamException">
    /// The track is unknown or its broadcast is over; the code tells. A remote publisher's refusal comes with the first read.
    /// </exception>
    public TrackReader Open(SubscribeOptions? options = null)
    {
        var reader = new TrackReader(this, OpenCursor(options ?? SubscribeOptions.Default));
        lock (_gate)
            _readers.Add(reader);
        return reader;
    }

    /// <summary>A reading is over.</summary>
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
