using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Asks the publisher for the properties of a track, opens the stream of a request, and reads the answer up to moq-lite-04. Each step has
/// a time limit.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="track">The name of the track or group, for exception messages.</param>
internal readonly struct SubscribeRequest(MoqConnection connection, string track)
{
    private TimeSpan Limit => connection.Limits.SubscribeAnswer;

    /// <summary>Opens a TRACK, SUBSCRIBE or FETCH stream.</summary>
    /// <exception cref="MoqStreamException">The peer allows no further stream, or is going away.</exception>
    public async ValueTask<BidiStream> OpenAsync(CancellationToken cancellationToken = default)
    {
        using var limit = connection.Runtime.Limit(Limit, cancellationToken);
        try
        {
            return await connection.OpenRequestAsync(track, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"The peer allows no further bidirectional stream, of which each subscription takes one: {track} was not asked for "
                + $"within {Limit}. End other subscriptions, or raise the peer's limit (MaxIncomingBidiStreams).");
        }
    }

    /// <summary>Asks for the properties of the track.</summary>
    /// <exception cref="MoqStreamException">The publisher does not have the track, or did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled, because there is no reader any more.</exception>
    public async ValueTask<TrackInfo> ReadInfoAsync(BidiStream stream, TrackRequest request, CancellationToken cancellationToken)
    {
        using var limit = connection.Runtime.Limit(Limit, cancellationToken);
        try
        {
            await stream.Send.WriteOpeningAsync(request, connection.Version, limit.Token).ConfigureAwait(false);
            using var reader = new MessageReader(stream.Receive, connection.Version);
            var info = await reader.ReadAsync<TrackInfo>(limit.Token).ConfigureAwait(false) ?? throw new MoqStreamException(
                MoqErrorCode.ProtocolViolation, $"The publisher ended the request for {track} without an answer.", isRemote: true);
            // Publishers take an earlier end for a cancellation.
            stream.Send.Finish();
            return info;
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            stream.Refuse(MoqErrorCode.Timeout, connection.Version);
            throw new MoqStreamException(
                MoqErrorCode.Timeout,
                $"The publisher did not answer the request for {track} within {Limit}. Read the track again to ask once more.");
        }
        catch (Exception failure)
        {
            connection.GiveUp(stream, failure);
            throw;
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
