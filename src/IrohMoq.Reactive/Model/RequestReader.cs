using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads the requests of subscribers for something that does not exist yet, in the order in which they were made. Requests are accepted
/// until this object is disposed, also while it is not read. Several objects share the requests. <see cref="Dispose"/> may be called from
/// any thread; only one sequence may be read at a time.
/// </summary>
/// <typeparam name="T">The type of the requests.</typeparam>
[SuppressMessage("Design", "CA1063", Justification = "Only this assembly can derive, and has nothing else to dispose.")]
[SuppressMessage("Usage", "CA1816", Justification = "No derived type has a finalizer.")]
public class RequestReader<T> : IDisposable
    where T : class
{
    private readonly RequestQueue<T>[] _queues;
    private readonly Signal _more;
    private readonly Func<T, T>? _view;
    private int _turn;

    /// <param name="queues">The queues, which take turns. The signal has been added to each of them.</param>
    /// <param name="more">The signal that is set when there is a request.</param>
    /// <param name="view">The function that returns a request as this reader is to see it, or null.</param>
    internal RequestReader(RequestQueue<T>[] queues, Signal more, Func<T, T>? view = null) =>
        (_queues, _more, _view) = (queues, more, view);

    /// <summary>
    /// Reads the requests until this object is disposed or no further request can be made. Each request is read once.
    /// </summary>
    /// <param name="cancellationToken">The token that ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Another sequence of this object waits for a request. It is not affected.</exception>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(out var isOver) is { } request)
                yield return _view is null ? request : _view(request);
            else if (isOver)
                yield break;
            else
                await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the reading. When the last reader is disposed, the requests that have not been read are refused with
    /// <see cref="MoqErrorCode.Cancel"/>, and later ones with <see cref="MoqErrorCode.NotFound"/>. Requests that were read can still be
    /// answered.
    /// </summary>
    public void Dispose()
    {
        foreach (var queue in _queues)
            queue.Close(_more);
    }

    private T? TryRead(out bool isOver)
    {
        isOver = true;
        for (var i = 0; i < _queues.Length; i++)
        {
            var request = _queues[_turn].TryRead(_more, out var isQueueOver);
            // A queue with many requests does not delay the others.
            _turn = (_turn + 1) % _queues.Length;
            isOver &= isQueueOver;
            if (request is not null)
                return request;
        }

        return null;
    }
}
