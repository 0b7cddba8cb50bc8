namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Limits the size of packets when the MTU of the path has become smaller than the MTU that ngtcp2 has discovered; ngtcp2 does not detect
/// such a decrease. The limit is 1,200 bytes. It begins when the network interface refuses a packet, or when nothing is acknowledged for
/// several probe timeouts. From time to time, one larger packet is sent to test whether the path carries the larger size again. See RFC
/// 8899, section 4.3.
/// </summary>
internal sealed class PathMtu
{
    /// <summary>The size, in bytes, that every path of QUIC carries. See RFC 9000, section 14.</summary>
    public const int MinSize = 1200;

    /// <summary>The number of probe timeouts without an acknowledgment after which the path counts as too narrow.</summary>
    private const int BlackHoleTimeouts = 3;

    /// <summary>
    /// The minimum time, in nanoseconds, without an acknowledgment. It covers a receiver that is paused by its scheduler.
    /// </summary>
    private const ulong MinBlackHoleTime = 300_000_000;

    private const ulong FirstTrial = 5_000_000_000;
    private const ulong MaxTrialInterval = 600_000_000_000;

    private ulong _waitingSince = ulong.MaxValue;
    private ulong _trialInterval = FirstTrial;
    private ulong _nextTrial;
    private Trial? _trial;

    /// <summary>
    /// Gets the sizes, in bytes, that are probed at the beginning of a path, the most likely first: Ethernet with IPv6, two sizes for
    /// tunnels, and the minimum of IPv6.
    /// </summary>
    public static ReadOnlySpan<ushort> Probes => [1452, 1392, 1332, 1232];

    /// <summary>Gets a value that indicates whether the size of packets is limited to <see cref="MinSize"/>.</summary>
    public bool IsLimited { get; private set; }

    /// <summary>Returns the size that the next packet may have, in bytes.</summary>
    /// <param name="max">The size that ngtcp2 would use at most.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public int RoomFor(int max, ulong now) => IsTrialDue(now) ? max : Limited(max);

    /// <summary>Returns a size of packets, in bytes, or the limit if it is smaller.</summary>
    public int Limited(int size) => IsLimited ? Math.Min(size, MinSize) : size;

    /// <summary>Called when a packet with data of a stream was written.</summary>
    /// <param name="stream">The stream id.</param>
    /// <param name="end">The offset of the first byte of the stream behind the packet.</param>
    /// <param name="size">The size of the packet in bytes.</param>
    /// <param name="threshold">The slow start threshold, in bytes, which changes with a loss.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void OnSent(long stream, long end, int size, ulong threshold, ulong now)
    {
        if (_waitingSince == ulong.MaxValue)
            _waitingSince = now;
        if (IsLimited && size > MinSize && _trial is null)
            _trial = new Trial(stream, end, threshold, now);
    }

    /// <summary>Called when the network interface has refused packets because of their size.</summary>
    public void OnTooLarge(ulong now)
    {
        if (_trial is not null)
            FailTrial(now);
        Limit(now);
    }

    /// <summary>Called when the peer has acknowledged all bytes of a stream up to an offset.</summary>
    /// <param name="stream">The stream id.</param>
    /// <param name="end">The offset behind the acknowledged bytes.</param>
    /// <param name="threshold">The slow start threshold, in bytes.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void OnAcknowledged(long stream, long end, ulong threshold, ulong now)
    {
        _waitingSince = now;
        if (_trial is not { } trial || trial.Stream != stream || trial.End > end)
            return;
        FailTrial(now);
        // Without a loss in between, it was the large packet that was acknowledged, and not its data in smaller packets.
        if (trial.Threshold == threshold)
            IsLimited = false;
    }

    /// <summary>Ends the detection of a black hole if no bytes are in flight.</summary>
    public void OnFlushed(ulong bytesInFlight)
    {
        if (bytesInFlight == 0)
            _waitingSince = ulong.MaxValue;
    }

    /// <summary>Checks for a black hole after a timer has expired.</summary>
    /// <param name="probeTimeout">The probe timeout in nanoseconds. See RFC 9002, section 6.2.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void OnExpired(ulong probeTimeout, ulong now)
    {
        var limit = Math.Max(BlackHoleTimeouts * probeTimeout, MinBlackHoleTime);
        if (_trial is { } trial && now > trial.SentAt + limit)
            FailTrial(now);
        if (_waitingSince != ulong.MaxValue && now > _waitingSince + limit)
            Limit(now);
    }

    /// <summary>Removes the limit, because the path has changed.</summary>
    public void Reset()
    {
        IsLimited = false;
        _trial = null;
        _trialInterval = FirstTrial;
    }

    private bool IsTrialDue(ulong now) => _trial is null && now >= _nextTrial;

    private void Limit(ulong now)
    {
        if (IsLimited)
            return;
        IsLimited = true;
        _nextTrial = now + _trialInterval;
    }

    private void FailTrial(ulong now)
    {
        _trial = null;
        _trialInterval = Math.Min(_trialInterval * 2, MaxTrialInterval);
        _nextTrial = now + _trialInterval;
    }

    /// <summary>
    /// Represents a packet larger than the current limit that was sent to test whether the path carries larger packets again.
    /// </summary>
    private readonly record struct Trial(long Stream, long End, ulong Threshold, ulong SentAt);
}
