namespace IrohMoq.Reactive;

/// <summary>
/// Keeps which reader of a track has read most, because it is asked for with every frame that a reader reads. The caller of any member must
/// hold the lock of the track.
/// </summary>
/// <param name="readers">The readers of the track.</param>
internal sealed class ForemostReader(List<TrackCursor> readers)
{
    // Null if it has to be determined anew.
    private TrackCursor? _known;

    /// <summary>Returns the reader, or null if there is no reader.</summary>
    public TrackCursor? Find()
    {
        if (_known is not null)
            return _known;
        foreach (var reader in readers)
        {
            if (_known is null || reader.Progress.Read > _known.Progress.Read)
                _known = reader;
        }

        return _known;
    }

    /// <summary>Records that a reader of the track has joined, or has read more.</summary>
    public void OnRead(TrackCursor reader)
    {
        if (_known is not null && reader.Progress.Read > _known.Progress.Read)
            _known = reader;
    }

    /// <summary>Records that a reader has left the track, or has to read something once more.</summary>
    public void OnReturned(TrackCursor reader)
    {
        if (reader == _known)
            _known = null;
    }
}
