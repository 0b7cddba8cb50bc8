namespace IrohMoq.Reactive.Testing;

/// <summary>Represents a function that fetches one group of a track. Tests replace it to inject a fault.</summary>
/// <param name="track">The track.</param>
/// <param name="sequence">The number of the group.</param>
/// <param name="cancellationToken">The token that cancels the fetch.</param>
/// <returns>The group.</returns>
internal delegate ValueTask<GroupConsumer> GroupFetch(TrackConsumer track, ulong sequence, CancellationToken cancellationToken);

/// <summary>Provides the fetch of the library.</summary>
internal static class GroupFetches
{
    public static GroupFetch Default { get; } =
        static (track, sequence, cancellationToken) => track.FetchAsync(sequence, null, cancellationToken);
}
