namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Counts the credit of one stream that is due to the peer for bytes that were read (RFC 9000, section 4.1), which the reader can withhold.
/// This type is not thread-safe; the caller must hold the lock of the stream.
/// </summary>
/// <param name="window">The size of the stream's window in bytes.</param>
internal struct ReadCredit(int window)
{
    private long _credit;
    private long _due;
    // Only the core uses it.
    private long _arrived;

    /// <summary>Gets a value that indicates whether the peer gets no credit for the bytes that are read.</summary>
    public bool IsWithheld { get; private set; }

    /// <summary>Gets a value that indicates whether enough was read to give the peer credit.</summary>
    public readonly bool IsDue => !IsWithheld && _credit >= window / 8;

    /// <summary>Withholds the credit from the peer, or grants it again.</summary>
    /// <returns>True if credit is due now.</returns>
    public bool TryWithhold(bool isWithheld)
    {
        if (IsWithheld == isWithheld)
            return false;
        IsWithheld = isWithheld;
        if (_credit == 0)
            return false;
        // This credit is due whatever the next value is: for bytes that were read before the change.
        _due += _credit;
        _credit = 0;
        return true;
    }

    /// <summary>Adds bytes that were read from the queue.</summary>
    public void OnRead(int count) => _credit += count;

    /// <summary>Adds bytes that were copied to a waiting reader when they arrived. The core takes their credit at its next flush.</summary>
    public void OnCopied(int count)
    {
        if (IsWithheld)
            _credit += count;
        else
            _arrived += count;
    }

    /// <summary>
    /// Returns the credit for the bytes that were copied to a reader, and resets it to zero. Called by the core, without the lock.
    /// </summary>
    public long TakeArrived()
    {
        var credit = _arrived;
        _arrived = 0;
        return credit;
    }

    /// <summary>Returns the credit for the bytes that were read from the queue, and resets it to zero.</summary>
    public long Take()
    {
        var credit = _due;
        _due = 0;
        if (!IsWithheld)
        {
            credit += _credit;
            _credit = 0;
        }

        return credit;
    }
}
