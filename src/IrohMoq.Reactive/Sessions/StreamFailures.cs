using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Handles exceptions that end the work on a stream whose result nothing awaits. Expected exceptions end the stream with their code.
/// Any other exception is a fault of this library or of the transport: it is logged, and ends the stream with
/// <see cref="MoqErrorCode.Transport"/>. If even that fails, the connection is closed. No method throws.
/// </summary>
internal static class StreamFailures
{
    /// <summary>Resets a stream that this side writes, because of an exception.</summary>
    public static void GiveUp(this MoqConnection connection, ISendStream stream, Exception failure)
    {
        try
        {
            if (CodeOf(connection, failure) is { } code)
                stream.Reset(code, connection.Version);
        }
        catch (Exception fault)
        {
            connection.Fail(fault);
        }
    }

    /// <summary>Stops a stream that the peer writes, because of an exception.</summary>
    public static void GiveUp(this MoqConnection connection, IReceiveStream stream, Exception failure)
    {
        try
        {
            if (CodeOf(connection, failure) is { } code)
                stream.Stop(code, connection.Version);
        }
        catch (Exception fault)
        {
            connection.Fail(fault);
        }
    }

    /// <summary>Ends both directions of a stream because of an exception.</summary>
    public static void GiveUp(this MoqConnection connection, BidiStream stream, Exception failure)
    {
        try
        {
            if (CodeOf(connection, failure) is { } code)
                stream.Refuse(code, connection.Version);
        }
        catch (Exception fault)
        {
            connection.Fail(fault);
        }
    }

    /// <summary>
    /// Returns the code with which a request of a peer is refused because of an exception. A source that has no capacity permits one other
    /// try, which this side has made or could not make: if the code were passed on, each relay on the way would make one as well.
    /// </summary>
    public static MoqErrorCode CodeForPeer(this MoqException failure) =>
        failure is { IsRemote: true } && failure.Code == MoqErrorCode.NoCapacity ? MoqErrorCode.Unroutable : failure.Code;

    /// <summary>Observes a task that nothing awaits, and closes the connection if the task fails.</summary>
    public static void Watch(this MoqConnection connection, Task work)
    {
        if (!work.IsCompletedSuccessfully)
            _ = WatchAsync(connection, work);
    }

    private static async Task WatchAsync(MoqConnection connection, Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            connection.Fail(fault);
        }
    }

    /// <returns>The code to end a stream with, or null if the connection is over.</returns>
    private static MoqErrorCode? CodeOf(MoqConnection connection, Exception failure)
    {
        switch (failure)
        {
            case MoqProtocolException { ClosesSession: true } violation:
                connection.Close(violation.Code, violation.Message);
                return null;
            case MoqException known:
                connection.Log.StreamRefused(connection.RemoteName, known.Code, known.Message);
                return known.CodeForPeer();
            case OperationCanceledException:
                return MoqErrorCode.Cancel;
            case TransportStreamException over:
                // The peer ended one direction with a code; the other direction is of no use any more.
                return over.ProtocolCode(connection.Version);
            case TransportClosedException:
                return null;
            default:
                connection.Log.StreamFailed(connection.RemoteName, failure);
                return MoqErrorCode.Transport;
        }
    }
}
