using System.Net;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Contains work on one connection that the application hands over to the I/O thread.</summary>
internal sealed class ConnectionWork
{
    /// <summary>Gets or sets the streams of this side to open, in the order of their ids.</summary>
    public List<QuicStream> Opened { get; set; } = [];

    /// <summary>Gets the streams that have something to send, an end or a reset.</summary>
    public List<QuicSendStream> Sending { get; } = [];

    /// <summary>Gets the streams that have credit to give, or a stop.</summary>
    public List<QuicReceiveStream> Receiving { get; } = [];

    /// <summary>Gets the addresses of the peer to add to a dial.</summary>
    public List<IPEndPoint> Remotes { get; } = [];

    /// <summary>Gets or sets the number of further unidirectional streams that the peer may open.</summary>
    public int UniCredit { get; set; }

    /// <summary>Gets or sets the number of further bidirectional streams that the peer may open.</summary>
    public int BidiCredit { get; set; }

    /// <summary>Gets or sets the error code and the reason with which the application closes the connection, or null.</summary>
    public (ulong Code, string Reason)? Close { get; set; }

    /// <summary>Removes all work.</summary>
    public void Clear()
    {
        Opened.Clear();
        Sending.Clear();
        Receiving.Clear();
        Remotes.Clear();
        UniCredit = BidiCredit = 0;
        Close = null;
    }
}
