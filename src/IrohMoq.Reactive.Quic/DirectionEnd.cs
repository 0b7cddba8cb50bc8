using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents the end of a direction that the peer writes.</summary>
/// <param name="Code">The code of the reset or of the stop.</param>
/// <param name="IsRemote">True if the peer reset the direction, false if this side stopped it.</param>
internal sealed record DirectionEnd(ulong Code, bool IsRemote)
{
    /// <summary>Gets the end of a direction that was read to its end.</summary>
    public static DirectionEnd Finished { get; } = new(0, IsRemote: true);

    /// <summary>Gets a value that indicates whether the direction was read to its end.</summary>
    public bool IsFinished => ReferenceEquals(this, Finished);

    /// <summary>Creates the exception for a read after the end.</summary>
    /// <param name="id">The number of the stream.</param>
    public TransportStreamException ToException(long id) =>
        new(Code, IsRemote, $"Stream {id} was {(IsRemote ? "reset by the peer" : "stopped by this side")} with code {Code}.");
}
