namespace IrohMoq.Reactive;

/// <summary>Specifies how one group of a track is fetched.</summary>
public sealed record FetchOptions
{
    /// <summary>Gets the default options: priority 0, and the whole group.</summary>
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

    /// <summary>
    /// Gets the zero-based index of the last frame to read, <see cref="FirstFrame"/> or higher, or null, the default, to read the group to
    /// its end. A group that ends before this frame is read to its end. In moq-lite-06 the publisher sends no frame behind it; up to
    /// moq-lite-05 what follows is dropped on this side, which stops the group there.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? LastFrame
    {
        get;
        init
        {
            if (value is { } frame)
                ArgumentOutOfRangeException.ThrowIfNegative(frame, nameof(LastFrame));
            field = value;
        }
    }

    /// <summary>Throws an exception if the values are inconsistent.</summary>
    internal void Validate()
    {
        if (LastFrame < FirstFrame)
        {
            throw new ArgumentException(
                $"{nameof(FetchOptions)}.{nameof(LastFrame)}, {LastFrame}, must not be lower than {nameof(FirstFrame)}, {FirstFrame}.");
        }
    }
}
