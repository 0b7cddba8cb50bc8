namespace IrohMoq.Reactive;

/// <summary>
/// Represents the tracks of a broadcast by their names. It takes memory only when it has a track: a peer may announce thousands of
/// broadcasts that nobody reads. The caller must hold the lock of the broadcast.
/// </summary>
internal struct TrackTable
{
    private SortedList<string, TrackProducer>? _tracks;

    /// <summary>Gets the number of tracks.</summary>
    public readonly int Count => _tracks?.Count ?? 0;

    /// <summary>Returns the track with a name, or null if there is none.</summary>
    public readonly TrackProducer? Find(string name) => _tracks?.GetValueOrDefault(name);

    /// <summary>Adds a track, which replaces one with the same name, and returns it.</summary>
    public TrackProducer Put(TrackProducer track) =>
        (_tracks ??= new SortedList<string, TrackProducer>(StringComparer.Ordinal))[track.Name] = track;

    /// <summary>Removes a track. Another track that now has the same name is not affected.</summary>
    public readonly void Remove(TrackProducer track)
    {
        if (Find(track.Name) == track)
            _tracks!.Remove(track.Name);
    }

    /// <summary>Returns all tracks, in the order of their names.</summary>
    public readonly TrackProducer[] ToArray() => _tracks is null ? [] : [.. _tracks.Values];
}
