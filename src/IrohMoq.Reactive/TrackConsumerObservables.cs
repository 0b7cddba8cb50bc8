using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Tracks as observables. Every subscriber is a reader of its own; what it is too slow for is dropped by the track's own policy, never
/// queued here.
/// </summary>
public static class TrackConsumerObservables
{
    /// <summary>
    /// Returns all frames, group by group in the order in which the groups arrive, each with its group's sequence number and its index in
    /// it. Cold: each subscriber begins with the newest group. Every item is a copy that may be kept. If a group is aborted, the rest of
    /// its frames is missing and the next group follows. Completes when the publisher finishes the track. Fails with a
    /// <see cref="MoqStreamException"/> if the track is unknown, refused or aborted, and with a <see cref="MoqSessionClosedException"/> if
    /// the session ends first: see <see cref="EndOnFailure"/>.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the track's clock.</param>
    public static IObservable<TrackFrame> Frames(this TrackConsumer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return Observe(track, stop => ReadFramesAsync(track, stop), scheduler);
    }

    /// <summary>
    /// Returns the groups in the order in which they arrive. Cold: each subscriber begins with the newest. A group that is neither read to
    /// its end nor disposed, for example because <c>Where</c>, <c>Sample</c> or <c>Take</c> drops it, keeps its memory until the next group
    /// is taken. The end and the failures are those of <see cref="Frames"/>.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the track's clock.</param>
    public static IObservable<GroupConsumer> Groups(this TrackConsumer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return Observe(track, track.ReadGroupsAsync, scheduler);
    }

    /// <summary>
    /// Returns the same readings without their failure: they complete instead. Use it inside <c>SelectMany</c>, <c>Merge</c> or
    /// <c>Switch</c> over several peers or sessions, so that one peer's trouble ends one inner reading and not the whole query. Leave it
    /// out where it matters whether a reading is complete.
    /// </summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="readings">The readings.</param>
    /// <param name="onFailure">Receives the failure; null to ignore it.</param>
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
                for (var index = 0; await group.NextOrGivenUpAsync(stop).ConfigureAwait(false) is { } payload; index++)
                    yield return new TrackFrame(group.Sequence, index, payload);
            }
        }
    }

    /// <summary>
    /// Returns a copy of the next frame, or null at the end of the group, however it ends: an aborted group does not end the track.
    /// </summary>
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
            // The group was aborted, or dropped because this reader was too slow.
        }

        return null;
    }
}
