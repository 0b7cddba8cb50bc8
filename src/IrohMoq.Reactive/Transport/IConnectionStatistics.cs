namespace IrohMoq.Reactive.Transport;

/// <summary>An optional capability of an <see cref="ITransportConnection"/>: it measures its path and its traffic.</summary>
public interface IConnectionStatistics
{
    /// <summary>
    /// Gets the current measurements, or the last ones after the connection has ended. It never blocks and never throws, and it may be
    /// called from any thread.
    /// </summary>
    ConnectionStatistics GetStatistics();
}
