using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>Tracks as observables, for LINQ. Every subscriber is a reader of its own; what it is too slow for is dropped by the track's own policy, never queued here.</summary>
public static class TrackObservables
{
    extension(TrackConsumer track)
    {
        /// <summary>
        /// All frames, group by group in the order the groups arrive, each with its group's sequence number and its place in it. Cold: each subscriber begins with the newest group. Every item is a copy, safe to keep. Where a group is given up,
        /// it goes on with the next one: then the frames from there to the end of the group are missing.
        /// Completes when the publisher finishes the track. Fails with a <see cref="MoqStreamException"/> if the track is unknown, refused or given up, with a <see cref="MoqSessionClosedException"/> if the session ends first, by whichever
        /// side: what comes after that is lost (<see cref="UntilSessionEnds"/>). Disposing the subscription gives the track back.
        /// </summary>
        /// <param name="scheduler">Where the observer is called; null for the pipeline's scheduler.</param>
        public IObservable<TrackFrame> Frames(IScheduler? scheduler = null) => Observe(track, stop => ReadFramesAsync(track, stop), scheduler);

        /// <summary>
        /// The groups in the order they arrive. Cold: each subscriber begins with the newest. A group that nobody reads to its end or disposes, for example because <c>Where</c>, <c>Sample</c> or <c>Take</c> drops it, keeps its memory until
        /// the reading takes the next group. The end and failures are those of <see cref="Frames"/>.
        /// </summary>
        /// <param name="scheduler">Where the observer is called; null for the pipeline's scheduler.</param>
        public IObservable<GroupConsumer> Groups(IScheduler? scheduler = null) => Observe(track, track.ReadGroupsAsync, scheduler);
    }

    extension<T>(IObservable<T> readings)
    {
        /// <summary>
        /// The same without the failure at the end of a session: it completes then. For a query that goes on with what the next session brings, such as one over <c>Reconnect</c> or over the sessions of many peers; one that must know whether
        /// it has everything leaves it out.
        /// </summary>
        public IObservable<T> UntilSessionEnds() => readings.Catch((MoqSessionClosedException _) => Observable.Empty<T>());
    }

    private static PulledObservable<T> Observe<T>(TrackConsumer track, Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? PipelineSchedulers.Of(track.Runtime), track.Runtime, faulted: null);

    private static async IAsyncEnumerable<TrackFrame> ReadFramesAsync(TrackConsumer track, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var group in track.ReadGroupsAsync(stop).ConfigureAwait(false))
        {
            using (group)
            {
                for (var index = 0; await group.NextOrGivenUpAsync(stop).ConfigureAwait(false) is { } payload; index++)
                    yield return new TrackFrame(group.Sequence, index, payload);
            }
        }
    }

    /// <summary>A copy of the next frame, or null at the end of the group, however it ends: what was lost of one group does not end the track.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>?> NextOrGivenUpAsync(this GroupConsumer group, CancellationToken stop)
    {
        try
        {
            do
            {
                if (group.TryRead(out var frame))
                    return frame.Span.ToArray();
            }
            while (await group.WaitAsync(stop).ConfigureAwait(false));
        }
        catch (MoqStreamException)
        {
            // The group was reset, or dropped because this reader was too slow.
        }

        return null;
    }
}
