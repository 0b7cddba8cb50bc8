using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Answers a TRACK stream with the properties of a track. Those of a track that is requested, or read from another peer, are known once
/// they have been told. See moq-lite, "TRACK".
/// </summary>
internal static class TrackInfoPublisher
{
    /// <exception cref="MoqStreamException">
    /// The broadcast or the track is unknown or refused, or the properties are not known in time; the code tells which.
    /// </exception>
    /// <exception cref="MoqException">The track was aborted, with this code.</exception>
    /// <exception cref="OperationCanceledException">
    /// The request did not arrive in time, the peer does not want the answer any more, or the connection has ended.
    /// </exception>
    public static async ValueTask ServeAsync(
        BidiStream stream, MessageReader reader, MoqConnection connection, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync<TrackRequest>(cancellationToken).ConfigureAwait(false) is not { } request)
            throw MessageFraming.Truncated(TrackRequest.Name, 0);
        TrackProperties properties;
        try
        {
            var wanted = connection.UntilStopped(stream.Send, cancellationToken);
            properties = await FindAsync(request, connection, wanted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && connection.IsOpen)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout, $"The properties of track '{request.Track}' did not become known in time to tell the peer.");
        }

        var info = SubscriptionTerms.InfoOf(properties);
        await stream.Send.WriteAsync(info, connection.Version, CancellationToken.None).ConfigureAwait(false);
        stream.Send.Finish();
    }

    private static async ValueTask<TrackProperties> FindAsync(
        TrackRequest request, MoqConnection connection, CancellationToken cancellationToken)
    {
        var broadcast = await connection.PublicationAsync(request.Broadcast, cancellationToken).ConfigureAwait(false);
        return await broadcast.Producer.PropertiesAsync(request.Track, connection.Requester, cancellationToken).ConfigureAwait(false);
    }
}
