namespace IrohMoq.Reactive.Transport;

/// <summary>Who is told of the ends of streams. See <see cref="INotifyingStream"/>.</summary>
public interface IStreamEndObserver
{
    /// <summary>
    /// A stream is over. Called once for each stream, in a turn of its own and never on the transport's own thread; the ends of one connection's streams come one after the other, in order, and many in one turn.
    /// It must neither block nor throw.
    /// </summary>
    /// <param name="stream">The stream that was observed.</param>
    /// <param name="end">How it ended.</param>
    void OnStreamEnd(ISendStream stream, StreamEnd end);
}
