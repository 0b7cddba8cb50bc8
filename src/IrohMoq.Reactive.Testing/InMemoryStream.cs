namespace IrohMoq.Reactive.Testing;

/// <summary>
/// A stream with its directions and its state at the side that accepts it. All members are called under the network's lock.
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
    /// Notes that something of the stream has arrived at a side. On the first arrival at the side that did not open it, the stream can be
    /// accepted.
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

    /// <summary>Frees the place of the stream when both directions are over at the side that accepted it.</summary>
    public void OnDirectionOver()
    {
        if (_isOver || !_isAccepted || !AcceptorReceives.IsOver || AcceptorSends is { IsOver: false })
            return;
        _isOver = true;
        _acceptor.StreamsOf(IsBidi).OnOver();
    }
}
