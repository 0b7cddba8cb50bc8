namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Adds up what the peer has acknowledged of a stream since the last flush, so that the lock of the stream is acquired once for many
/// packets. Only the core may use it.
/// </summary>
internal struct AcknowledgedData
{
    private long _bytes;
    private bool _hasAny;
    private bool _hasFin;

    /// <summary>Adds bytes, or the end of the stream that was sent without bytes.</summary>
    /// <returns>True if nothing was added up before.</returns>
    public bool Add(long count)
    {
        var isFirst = !_hasAny;
        _hasAny = true;
        _bytes += count;
        _hasFin |= count == 0;
        return isFirst;
    }

    /// <summary>Returns the sum, and resets it to zero.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="hasFin">True if a frame without bytes was acknowledged.</param>
    /// <returns>False if nothing was added up.</returns>
    public bool TryTake(out long bytes, out bool hasFin)
    {
        (bytes, hasFin) = (_bytes, _hasFin);
        var hasAny = _hasAny;
        _bytes = 0;
        _hasAny = _hasFin = false;
        return hasAny;
    }
}
