namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an optional capability of an <see cref="ITransportConnection"/>: the connection survives a change of its network path, and
/// reports the path on which its packets travel.
/// </summary>
public interface IPathAwareConnection
{
    /// <summary>
    /// Gets the path on which packets are sent at present or, after the connection has ended, the last one. The property never blocks and
    /// is thread-safe.
    /// </summary>
    ConnectionPath CurrentPath { get; }

    /// <summary>
    /// Returns the current path, and then the newest path after each change. Changes between two requests of the reader are combined. The
    /// enumeration ends with the connection, and never fails. Any number of enumerations may run at the same time.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token that ends the enumeration with an <see cref="OperationCanceledException"/>.
    /// </param>
    IAsyncEnumerable<ConnectionPath> ReadPathsAsync(CancellationToken cancellationToken = default);
}
