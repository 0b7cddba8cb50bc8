namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="ISendStream"/>: an observer is called when the stream ends, without a task per stream. It is
/// meant for callers that open very many short streams and have to know when each was acknowledged; other callers wait for
/// <see cref="ISendStream.Closed"/>.
/// </summary>
public interface INotifyingStream
{
    /// <summary>
    /// Sets the observer that is called when the stream ends, with the result of <see cref="ISendStream.Closed"/>. It is called for a
    /// stream that has already ended as well. A stream has at most one observer, which is set once. Allocates nothing. May be called from
    /// any thread.
    /// </summary>
    /// <param name="observer">The observer.</param>
    /// <exception cref="InvalidOperationException">The stream has an observer already.</exception>
    void NotifyEnd(IStreamEndObserver observer);
}
