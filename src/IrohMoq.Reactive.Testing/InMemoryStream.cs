namespace IrohMoq.Reactive.Testing;

/// <summary>A stream as its connection sees it: who opened it, its directions, and whether the other side knows of it. All members run under the network's lock.</summary>
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

    /// <summary>Something of the stream has arrived at a side. The first time at the one that did not open it makes it one to accept.</summary>
    public void ArriveAt(InMemoryConnection side)
    {
        if (side != _acceptor || _hasArrived)
            return;
        _hasArrived = true;
        side.Add(AcceptorReceives);
        if (AcceptorSends is not null)
            side.Add(AcceptorSends);
        side.ArrivalsOf(IsBidi).OnArrived(this);
    }

    public void OnAccepted()
    {
        _isAccepted = true;
        OnDirectionOver();
    }

    /// <summary>When both directions are over at the side that accepted it, the stream no longer counts.</summary>
    public void OnDirectionOver()
    {
        if (_isOver || !_isAccepted || !AcceptorReceives.IsOver || AcceptorSends is { IsOver: false })
            return;
        _isOver = true;
        _acceptor.ArrivalsOf(IsBidi).OnOver();
    }
}
