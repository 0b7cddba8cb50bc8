namespace IrohMoq.Reactive;

/// <summary>Specifies how one group of a track is fetched.</summary>
public sealed record FetchOptions
{
    /// <summary>Gets the default options: priority 0, from the first frame of the group.</summary>
    public static FetchOptions Default { get; } = new();

    /// <summary>
    /// Gets the priority, from 0 to 255, on the same scale as <see cref="SubscribeOptions.Priority"/>. When bandwidth is limited, the
    /// publisher sends groups with a higher priority first. The default is 0.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets the zero-based index of the first frame to read, for example to continue a group whose first frames were read before. The
    /// default is 0. Up to moq-lite-05 the earlier frames are sent as well, and dropped on this side.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int FirstFrame
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(FirstFrame));
            field = value;
        }
    }
}
