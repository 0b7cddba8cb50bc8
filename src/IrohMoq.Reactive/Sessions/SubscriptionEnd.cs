namespace IrohMoq.Reactive.Sessions;

/// <summary>Describes how a local subscription ended.</summary>
/// <param name="Code">The code of the failure.</param>
/// <param name="Failure">
/// Creates the exception that readers get if the reading ends with it; null if the publisher ended the track or this side unsubscribed.
/// </param>
/// <param name="IsLost">True if its connection is over: the reading may go on over another one.</param>
internal sealed record SubscriptionEnd(MoqErrorCode Code, Func<MoqException>? Failure, bool IsLost)
{
    /// <summary>Creates the end of a subscription that failed.</summary>
    public static SubscriptionEnd Failed(MoqErrorCode code, string message, bool isRemote = false) =>
        new(code, () => new MoqStreamException(code, message, isRemote), IsLost: false);

    /// <summary>Gets the end of a subscription without a failure.</summary>
    public static SubscriptionEnd Done { get; } = new(MoqErrorCode.Cancel, null, IsLost: false);
}
