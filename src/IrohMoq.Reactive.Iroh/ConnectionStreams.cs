using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Opens the streams of this side of a connection, and holds the streams of the peer until the application accepts them.</summary>
/// <param name="connection">The connection.</param>
internal sealed class ConnectionStreams(QuicConnection connection)
{
    private readonly StreamOpener _uni = new(connection, QuicStream.FirstId(!connection.IsOutbound, isUni: true));
    private readonly StreamOpener _bidi = new(connection, QuicStream.FirstId(!connection.IsOutbound, isUni: false));

    // The stream limits of the peer bound the queues: credit is given back only for streams that were accepted.
    private readonly Arrivals<QuicStream> _incomingUni = new(connection.Runtime, connection.Settings.MaxIncomingUniStreams);
    private readonly Arrivals<QuicStream> _incomingBidi = new(connection.Runtime, connection.Settings.MaxIncomingBidiStreams);

    /// <summary>Opens a stream of this side as soon as the peer allows it.</summary>
    public ValueTask<QuicStream> OpenAsync(bool isUni, CancellationToken cancellationToken) =>
        (isUni ? _uni : _bidi).OpenAsync(cancellationToken);

    /// <summary>Waits for the next stream of the peer. <see cref="OnAccepted"/> must be called for the stream.</summary>
    public ValueTask<QuicStream> TakeAsync(bool isUni, CancellationToken cancellationToken) =>
        (isUni ? _incomingUni : _incomingBidi).TakeAsync(cancellationToken);

    /// <summary>Allows the peer to open another stream if the stream that was accepted is already closed.</summary>
    public QuicStream OnAccepted(QuicStream stream)
    {
        if (stream.TakesCreditStep())
            connection.Work.AddStreamCredit(stream.IsUni);
        return stream;
    }

    /// <summary>Creates a stream that the peer has opened. Must be called on the I/O thread.</summary>
    public QuicStream OnOpened(long id)
    {
        var isUni = QuicStream.IsUniId(id);
        var stream = new QuicStream(
            id, isOurs: false, isUni ? null : new QuicSendStream(connection, id), new QuicReceiveStream(connection, id));
        // Never full: the stream limit of the peer counts streams until they are accepted.
        (isUni ? _incomingUni : _incomingBidi).TryAdd(stream);
        return stream;
    }

    /// <summary>Sets the number of streams that the peer allows. Must be called on the I/O thread.</summary>
    public void OnLimit(bool isUni, ulong streams) => (isUni ? _uni : _bidi).Allow(streams);

    /// <summary>Ends the waits for streams, because the connection has ended.</summary>
    /// <param name="end">How the connection ended.</param>
    /// <param name="isDropped">True to remove the streams that were not accepted; otherwise, false.</param>
    public void End(TransportEnd end, bool isDropped)
    {
        _uni.Close();
        _bidi.Close();
        _incomingUni.End(() => new TransportClosedException(end), isDropped);
        _incomingBidi.End(() => new TransportClosedException(end), isDropped);
    }
}
