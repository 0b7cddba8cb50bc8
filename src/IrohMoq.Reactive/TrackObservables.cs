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
        /// The payloads of all frames, group by group in the order the groups arrive. Cold: each subscriber begins with the newest group. Every item is a copy, safe to keep. A group that is given up goes on with the next one.
        /// Completes when the publisher finishes the track. Fails with a <see cref="MoqStreamException"/> if the track is unknown, refused or given up, with a <see cref="MoqSessionClosedException"/> if the session ends first, by whichever
        /// side: what comes after that is lost (<see cref="UntilSessionEnds"/>). Disposing the subscription gives the track back.
        /// </summary>
        /// <param name="scheduler">Where the observer is called; null for the pipeline's scheduler.</param>
        public IObservable<ReadOnlyMemory<byte>> Frames(IScheduler? scheduler = null) => Observe(track, stop => ReadFramesAsync(track, stop), scheduler);

        /// <summary>
        /// The groups in the order they arrive. Cold: each subscriber begins with the newest. Read each group to its end or dispose it, or it keeps its memory. The end and failures are those of <see cref="Frames"/>.
        /// </summary>
        /// <param name="scheduler">Where the observer is called; null for the pipeline's scheduler.</param>
        public IObservable<GroupConsumer> Groups(IScheduler? scheduler = null) => Observe(track, track.ReadGroupsAsync, scheduler);
    }

    extension<T>(IObservable<T> readings)
    {
        /// <summary>
        /// The same without the failure at the end of a session: it completes then. For a query that goes on with what the next session brings, such as one over <c>Reconnecting</c> or over the sessions of many peers; one that must know whether
        /// it has everything leaves it out.
        /// </summary>
        public IObservable<T> UntilSessionEnds() => readings.Catch((MoqSessionClosedException _) => Observable.Empty<T>());
    }

    private static PulledObservable<T> Observe<T>(TrackConsumer track, Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? PipelineSchedulers.Of(track.Turns), track.Turns, faulted: null);

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFramesAsync(TrackConsumer track, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var group in track.ReadGroupsAsync(stop).ConfigureAwait(false))
        {
            using (group)
            {
                while (await group.NextOrGivenUpAsync(stop).ConfigureAwait(false) is { } payload)
                    yield return payload;
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
