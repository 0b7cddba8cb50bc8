namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an optional capability of an <see cref="ISendStream"/>: an observer is called when the stream ends, without a task for each
/// stream. It is meant for callers that open very many short streams and must know when each of them was acknowledged; other callers wait
/// for <see cref="ISendStream.Closed"/>.
/// </summary>
public interface INotifyingStream
{
    /// <summary>
    /// Sets the observer that is called when the stream ends, with the result of <see cref="ISendStream.Closed"/>. If the stream has
    /// already ended, the observer is called as well. A stream has at most one observer, which is set once. The method allocates no
    /// memory and is thread-safe.
    /// </summary>
    /// <param name="observer">The observer to call.</param>
    /// <exception cref="InvalidOperationException">The stream has an observer already.</exception>
    void NotifyEnd(IStreamEndObserver observer);
}
