namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>A message that this side is to send.</summary>
/// <param name="Message">The message.</param>
/// <param name="Place">
/// The index of the message among the recorded messages of the stream. The peer waits for all messages up to a place.
/// </param>
internal sealed record ExpectedMessage(object Message, int Place);

/// <summary>What this side is to do on one stream.</summary>
internal sealed class ExpectedStream
{
    public required long Id { get; init; }

    public required bool IsBidi { get; init; }

    /// <summary>Gets a value that indicates whether this side opens the stream.</summary>
    public required bool IsOurs { get; init; }

    public required string Type { get; init; }

    /// <summary>Gets the first message of the opener, by which the stream is recognized.</summary>
    public required object? Opening { get; init; }

    public List<ExpectedMessage> Messages { get; init; } = [];

    /// <summary>Gets the messages that the peer sends.</summary>
    public IReadOnlyList<object> Answer { get; init; } = [];

    /// <summary>Gets a value that indicates whether the peer resets its direction.</summary>
    public bool IsResetByPeer { get; init; }

    /// <summary>Gets or sets how this side ends its direction, or null if that is free.</summary>
    public StreamEnding? End { get; set; }

    /// <summary>Gets or sets the code with which this side stops the direction of the peer, or null if it does not.</summary>
    public uint? Stop { get; set; }

    /// <summary>Gets a value that indicates whether this side can write the stream.</summary>
    public bool IsWritten => IsOurs || IsBidi;
}

/// <summary>How one direction of a stream ended.</summary>
/// <param name="IsOver">True if it ended.</param>
/// <param name="Code">The code if it was reset, or null.</param>
internal readonly record struct StreamEnding(bool IsOver, uint? Code)
{
    public static StreamEnding Open => default;

    public static StreamEnding Finished { get; } = new(true, null);

    public static StreamEnding Reset(uint code) => new(true, code);

    public override string ToString() => !IsOver ? "open" : Code is { } code ? $"reset {code}" : "finished";
}
