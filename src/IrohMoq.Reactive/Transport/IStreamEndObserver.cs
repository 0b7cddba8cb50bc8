namespace IrohMoq.Reactive.Transport;

/// <summary>Receives the ends of streams. See <see cref="INotifyingStream"/>.</summary>
public interface IStreamEndObserver
{
    /// <summary>
    /// Called once for each stream, when it has ended. It is never called on the transport's own thread, and the calls for the streams of
    /// one connection follow one another in order. It must neither block nor throw.
    /// </summary>
    /// <param name="stream">The stream that has ended.</param>
    /// <param name="end">How the stream ended.</param>
    void OnStreamEnd(ISendStream stream, StreamEnd end);
}
