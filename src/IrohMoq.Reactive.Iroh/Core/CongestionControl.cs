namespace IrohMoq.Reactive;

/// <summary>Specifies the algorithm that determines how fast an <see cref="IrohEndpoint"/> sends.</summary>
public enum CongestionControl
{
    /// <summary>
    /// CUBIC (RFC 9438), the default, as in iroh. It fills the queue of the narrowest link, and halves its rate at each loss, so that it is
    /// slow where packets are lost for other reasons than a full queue.
    /// </summary>
    Cubic,

    /// <summary>NewReno (RFC 9002, section 7). It is the simplest algorithm, and the slowest on long paths.</summary>
    Reno,

    /// <summary>
    /// BBR. It measures the bandwidth and the round-trip time of the path, keeps the queue of the narrowest link short, and is not slowed
    /// down by random loss. It may take more than its share beside connections that use CUBIC.
    /// </summary>
    Bbr,
}
