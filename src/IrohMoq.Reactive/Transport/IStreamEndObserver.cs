namespace IrohMoq.Reactive.Transport;

/// <summary>Receives a notification for each stream that has ended. See <see cref="INotifyingStream"/>.</summary>
public interface IStreamEndObserver
{
    /// <summary>
    /// Called once for each stream, when the stream has ended. It is never called on the transport's own thread, and the calls for the
    /// streams of one connection are made one after another, in order. The method must neither block nor throw.
    /// </summary>
    /// <param name="stream">The stream that has ended.</param>
    /// <param name="end">How the stream ended.</param>
    void OnStreamEnd(ISendStream stream, StreamEnd end);
}
