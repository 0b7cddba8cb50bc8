namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an optional capability of an <see cref="ITransportConnection"/>: the connection measures its path and its traffic.
/// </summary>
public interface IConnectionStatistics
{
    /// <summary>
    /// Returns the current measurements of the connection or, after the connection has ended, the last ones. The method never blocks,
    /// never throws, and is thread-safe.
    /// </summary>
    ConnectionStatistics GetStatistics();
}
