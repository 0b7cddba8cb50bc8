namespace IrohMoq.Reactive.Sessions;

/// <summary>Describes how a local subscription ended.</summary>
/// <param name="Code">The code of the failure.</param>
/// <param name="Failure">
/// The function that creates the exception for the readers if the track ends together with the subscription; null if the publisher
/// ended the track or this side unsubscribed.
/// </param>
/// <param name="IsLost">
/// True if the connection of the subscription is over, so that the readers may continue over another connection.
/// </param>
internal sealed record SubscriptionEnd(MoqErrorCode Code, Func<MoqException>? Failure, bool IsLost)
{
    /// <summary>Returns a value that describes a subscription that failed.</summary>
    public static SubscriptionEnd Failed(MoqErrorCode code, string message, bool isRemote = false) =>
        new(code, () => new MoqStreamException(code, message, isRemote), IsLost: false);

    /// <summary>Gets the value that describes a subscription that ended without a failure.</summary>
    public static SubscriptionEnd Done { get; } = new(MoqErrorCode.Cancel, null, IsLost: false);
}
