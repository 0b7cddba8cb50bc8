using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides tracks as observables. Every subscriber is an independent reader. Data that a slow subscriber does not read in time is
/// dropped by the policy of the track, and never queued by the observable.
/// </summary>
public static class TrackConsumerObservables
{
    /// <summary>
    /// Returns all frames of a track, group by group in the order in which the groups arrive. Each frame has the sequence number of its
    /// group and its index in the group. The observable is cold: each subscriber begins with the newest group. Every item is a copy
    /// that may be kept. If a group is aborted, its remaining frames are missing and the next group follows. The observable completes
    /// when the publisher finishes the track. It fails with a <see cref="MoqStreamException"/> if the track is unknown, refused or
    /// aborted, and with a <see cref="MoqSessionClosedException"/> if the session ends first; see <see cref="EndOnFailure"/>.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the track's runtime.</param>
    public static IObservable<TrackFrame> Frames(this TrackConsumer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return Observe(track, stop => ReadFramesAsync(track, stop), scheduler);
    }

    /// <summary>
    /// Returns the groups of a track in the order in which they arrive. The observable is cold: each subscriber begins with the newest
    /// group. A group that is neither read to its end nor disposed, for example because <c>Where</c>, <c>Sample</c> or <c>Take</c>
    /// drops it, keeps its memory until the next group is requested. The observable completes and fails like <see cref="Frames"/>.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the track's runtime.</param>
    public static IObservable<GroupConsumer> Groups(this TrackConsumer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return Observe(track, track.ReadGroupsAsync, scheduler);
    }

    /// <summary>
    /// Returns an observable that completes when the source fails with a <see cref="MoqException"/>. Use this method inside
    /// <c>SelectMany</c>, <c>Merge</c> or <c>Switch</c> over several peers or sessions, so that the failure of one peer ends only one
    /// inner observable and not the whole query. Omit this method if it matters whether the data is complete.
    /// </summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="readings">The source observable.</param>
    /// <param name="onFailure">The action that receives the exception, or null to ignore the exception.</param>
    public static IObservable<T> EndOnFailure<T>(this IObservable<T> readings, Action<MoqException>? onFailure = null)
    {
        ArgumentNullException.ThrowIfNull(readings);
        return readings.Catch((MoqException failure) =>
        {
            onFailure?.Invoke(failure);
            return Observable.Empty<T>();
        });
    }

    private static PulledObservable<T> Observe<T>(
        TrackConsumer track, Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? RuntimeSchedulers.Of(track.Runtime), track.Runtime);

    private static async IAsyncEnumerable<TrackFrame> ReadFramesAsync(TrackConsumer track, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var group in track.ReadGroupsAsync(stop).ConfigureAwait(false))
        {
            using (group)
            {
                for (var index = 0; await group.NextOrGivenUpAsync(index, stop).ConfigureAwait(false) is { } frame; index++)
                    yield return frame;
            }
        }
    }

    /// <summary>
    /// Returns a copy of the next frame, or null at the end of the group. An aborted group also returns null, because it does not end
    /// the track.
    /// </summary>
    private static async ValueTask<TrackFrame?> NextOrGivenUpAsync(this GroupConsumer group, int index, CancellationToken stop)
    {
        try
        {
            do
            {
                if (group.TryRead(out var frame))
                {
                    return new TrackFrame(group.Sequence, index, frame.Payload.Span.ToArray())
                    {
                        Timestamp = MediaTime.ToTime(frame.Timestamp, group.Timescale),
                    };
                }

            }
            while (await group.WaitAsync(stop).ConfigureAwait(false));
        }
        catch (MoqStreamException)
        {
            // The group was aborted, or dropped because this reader was too slow.
        }

        return null;
    }
}
