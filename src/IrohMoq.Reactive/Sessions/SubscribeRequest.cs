using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Opens a SUBSCRIBE stream and reads the publisher's answer. Both steps have a time limit.</summary>
/// <param name="connection">The connection.</param>
/// <param name="track">The name of the track, for exception messages.</param>
internal readonly struct SubscribeRequest(MoqConnection connection, string track)
{
    private TimeSpan Limit => connection.Limits.SubscribeAnswer;

    /// <summary>Opens the SUBSCRIBE stream.</summary>
    /// <exception cref="MoqStreamException">The peer allows no further stream.</exception>
    public async ValueTask<BidiStream> OpenAsync()
    {
        using var limit = connection.Runtime.Limit(Limit);
        try
        {
            return await connection.Transport.OpenBidiAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"The peer allows no further bidirectional stream, of which each subscription takes one: {track} was not subscribed to "
                + $"within {Limit}. End other subscriptions, or raise the peer's limit (MaxIncomingBidiStreams).");
        }
    }

    /// <summary>Reads the publisher's answer.</summary>
    /// <exception cref="MoqStreamException">The publisher ended the subscription, or did not answer in time.</exception>
    public async ValueTask<SubscribeOk> ReadAnswerAsync(MessageReader reader)
    {
        using var limit = connection.Runtime.Limit(Limit);
        try
        {
            var response = await reader.ReadSubscribeResponseAsync(limit.Token).ConfigureAwait(false);
            return response?.Ok ?? throw new MoqStreamException(
                MoqErrorCode.ProtocolViolation, $"The publisher ended the subscription to {track} without accepting it.", isRemote: true);
        }
        catch (OperationCanceledException)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout,
                $"The publisher did not answer the subscription to {track} within {Limit}. Read the track again to ask once more.");
        }
    }
}
