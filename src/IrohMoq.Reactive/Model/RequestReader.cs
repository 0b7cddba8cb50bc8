using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads the requests of subscribers for something that does not exist yet, in the order in which they were made. Requests are accepted
/// until this object is disposed, also while it is not read. Several objects share the requests. <see cref="Dispose"/> may be called from
/// any thread; only one sequence may be read at a time.
/// </summary>
/// <typeparam name="T">The type of the requests.</typeparam>
public sealed class RequestReader<T> : IDisposable
    where T : class
{
    private readonly RequestQueue<T> _queue;
    private readonly Signal _more;

    internal RequestReader(RequestQueue<T> queue, Signal more) => (_queue, _more) = (queue, more);

    /// <summary>
    /// Reads the requests until this object is disposed or no further request can be made. Each request is read once.
    /// </summary>
    /// <param name="cancellationToken">The token that ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _queue.ReadAsync(_more, cancellationToken).ConfigureAwait(false) is { } request)
            yield return request;
    }

    /// <summary>
    /// Ends the reading. When the last reader is disposed, the requests that have not been read are refused with
    /// <see cref="MoqErrorCode.Cancel"/>, and later ones with <see cref="MoqErrorCode.NotFound"/>. Requests that were read can still be
    /// answered.
    /// </summary>
    public void Dispose() => _queue.Close(_more);
}
