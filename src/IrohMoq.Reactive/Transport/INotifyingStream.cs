namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="ISendStream"/>: its end is told to an object, without a task for each stream. It is for whoever opens very many short streams and has to know when each was
/// acknowledged; others wait for <see cref="ISendStream.Closed"/>.
/// </summary>
public interface INotifyingStream
{
    /// <summary>
    /// Names who is told when the direction is over, with what <see cref="ISendStream.Closed"/> would give. A stream that is over already is told of as well. One observer for each stream, named once.
    /// Allocates nothing. Any thread.
    /// </summary>
    /// <param name="observer">Who is told.</param>
    /// <exception cref="InvalidOperationException">An observer was named before.</exception>
    void NotifyEnd(IStreamEndObserver observer);
}
