namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a stream: its one or two directions, and its state at the side that accepts it. The callers of all members must hold the lock
/// of the network.
/// </summary>
internal sealed class InMemoryStream
{
    private readonly InMemoryConnection _acceptor;
    private bool _hasArrived;
    private bool _isAccepted;
    private bool _isOver;

    public InMemoryStream(InMemoryConnection opener, InMemoryConnection acceptor, long id, bool isBidi)
    {
        _acceptor = acceptor;
        IsBidi = isBidi;
        Id = id;
        AcceptorReceives = new InMemoryReceiveStream(acceptor, this);
        OpenerSends = new InMemorySendStream(opener, this, AcceptorReceives);
        AcceptorReceives.Sender = OpenerSends;
        opener.Add(OpenerSends);
        if (!isBidi)
            return;
        OpenerReceives = new InMemoryReceiveStream(opener, this);
        AcceptorSends = new InMemorySendStream(acceptor, this, OpenerReceives);
        OpenerReceives.Sender = AcceptorSends;
        opener.Add(OpenerReceives);
    }

    public long Id { get; }

    public bool IsBidi { get; }

    public InMemorySendStream OpenerSends { get; }

    public InMemoryReceiveStream? OpenerReceives { get; }

    public InMemorySendStream? AcceptorSends { get; }

    public InMemoryReceiveStream AcceptorReceives { get; }

    /// <summary>
    /// Records that data of the stream has arrived at a side of the connection. After the first arrival at the side that did not open the
    /// stream, that side can accept the stream.
    /// </summary>
    public void ArriveAt(InMemoryConnection side)
    {
        if (side != _acceptor || _hasArrived)
            return;
        _hasArrived = true;
        side.Add(AcceptorReceives);
        if (AcceptorSends is not null)
            side.Add(AcceptorSends);
        side.StreamsOf(IsBidi).OnArrived(this);
    }

    public void OnAccepted()
    {
        _isAccepted = true;
        OnDirectionOver();
    }

    /// <summary>
    /// Allows the opener to open another stream, if this stream has been accepted and all its directions have ended at the accepting side.
    /// </summary>
    public void OnDirectionOver()
    {
        if (_isOver || !_isAccepted || !AcceptorReceives.IsOver || AcceptorSends is { IsOver: false })
            return;
        _isOver = true;
        _acceptor.StreamsOf(IsBidi).OnOver();
    }
}
