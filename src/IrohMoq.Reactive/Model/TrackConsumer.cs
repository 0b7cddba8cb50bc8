using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Reads one track of a broadcast. Nothing is asked of the publisher until it is read. Safe for any thread; every reading is a reader of its own.</summary>
public sealed class TrackConsumer
{
    private readonly BroadcastProducer _broadcast;
    private long _skipped;

    internal TrackConsumer(BroadcastProducer broadcast, string name)
    {
        _broadcast = broadcast;
        Name = name;
    }

    /// <summary>The track's name in its broadcast.</summary>
    public string Name { get; }

    /// <summary>How many groups were dropped before the readers of this object took them, because they were too slow or too late.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Where its readers go on.</summary>
    internal Turns Turns => _broadcast.Turns;

    /// <summary>
    /// Reads the groups in the order they arrive, each once, beginning with the newest there is, from its first frame. Groups may overtake one another:
    /// look at <see cref="GroupConsumer.Sequence"/> if order matters. A reader that is too slow skips groups, told by <see cref="Skipped"/>. Leaving the loop gives the subscription back.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was given up; the code tells.</exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was delivered before.</exception>
    public IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(CancellationToken cancellationToken = default) => ReadAsync(cancellationToken);

    internal TrackCursor OpenCursor(ulong? start = null) => _broadcast.OpenCursor(Name, start);

    private async IAsyncEnumerable<GroupConsumer> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = OpenCursor();
        var ended = false;
        try
        {
            while (true)
            {
                while (cursor.TryNext(out var group))
                    yield return group;
                if (await cursor.WaitAsync(cancellationToken).ConfigureAwait(false))
                    continue;
                ended = true;
                yield break;
            }
        }
        finally
        {
            Interlocked.Add(ref _skipped, cursor.Skipped);
            if (ended)
                cursor.LeaveWhenRead();
            else
                cursor.Dispose();
        }
    }
}
