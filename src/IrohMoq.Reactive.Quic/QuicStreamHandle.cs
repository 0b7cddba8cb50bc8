using System.Net.Quic;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Represents a stream of System.Net.Quic with its one or two directions. It is disposed when all of its directions have ended: only the
/// disposal returns the credit for another stream to the peer.
/// </summary>
internal sealed class QuicStreamHandle
{
    private readonly QuicTransportConnection _connection;
    private int _openDirections;

    public QuicStreamHandle(QuicTransportConnection connection, QuicStream stream)
    {
        _connection = connection;
        Stream = stream;
        Send = stream.CanWrite ? new QuicSendStream(connection, this) : null;
        Receive = stream.CanRead ? new QuicReceiveStream(connection, this) : null;
        _openDirections = (Send is null ? 0 : 1) + (Receive is null ? 0 : 1);
        Send?.Watch();
    }

    public QuicStream Stream { get; }

    /// <summary>Gets the direction that this side writes, or null.</summary>
    public QuicSendStream? Send { get; }

    /// <summary>Gets the direction that the peer writes, or null.</summary>
    public QuicReceiveStream? Receive { get; }

    /// <summary>Called once for each direction, when it has ended.</summary>
    public void OnDirectionEnded()
    {
        if (Interlocked.Decrement(ref _openDirections) == 0)
            _connection.Release(this);
    }

    /// <summary>Ends one or both directions immediately. Has no effect on those that have ended.</summary>
    public void Abort(QuicAbortDirection direction, ulong code)
    {
        try
        {
            Stream.Abort(direction, (long)code);
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended at the same time, and the stream with it.
        }
    }
}
