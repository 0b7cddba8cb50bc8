using System.Net;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Writes the messages of the I/O thread to a log. They are written on the scheduler, because a logger may block.</summary>
/// <param name="log">The log.</param>
/// <param name="runtime">The runtime with the scheduler.</param>
internal sealed class DriverLog(ILogger log, Runtime runtime)
{
    /// <summary>Logs the addresses that the sockets are bound to, and the kernel offload that is in use.</summary>
    public void Bound(IEnumerable<IPEndPoint> addresses, string offload)
    {
        var bound = string.Join(", ", addresses);
        Write(log => log.Bound(bound, offload));
    }

    /// <summary>Logs that a connection that a peer has dialed is established.</summary>
    public void Accepted(DrivenConnection connection)
    {
        var (remote, protocol) = (connection.RemoteEndPoint, connection.Core.Protocol);
        Write(log => log.Accepted(remote, protocol));
    }

    /// <summary>Logs that a dial has succeeded.</summary>
    public void Dialed(DrivenConnection connection)
    {
        var (remote, protocol) = (connection.RemoteEndPoint, connection.Core.Protocol);
        Write(log => log.Dialed(remote, protocol));
    }

    /// <summary>Logs how a connection has ended. Nothing is logged if its first packet could not begin a connection.</summary>
    public void Ended(DrivenConnection connection, TransportEnd end)
    {
        if (connection.Core.Fault is { } fault)
            Fault(connection.RemoteEndPoint, fault);
        else if (!connection.Core.Termination.IsDropped)
            Write(log => log.ConnectionOver(connection.RemoteEndPoint, end));
    }

    /// <summary>Logs a fault of this library that has ended a connection.</summary>
    public void Fault(IPEndPoint remote, Exception fault) => Write(log => log.ConnectionFault(remote, fault));

    /// <summary>Logs that clients are refused.</summary>
    /// <param name="remote">The address of one of the clients.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="handshakes">The number of handshakes in progress.</param>
    /// <param name="buffered">The number of bytes that are buffered for all connections.</param>
    public void Refusing(IPEndPoint remote, int connections, int handshakes, long buffered) =>
        Write(log => log.Refusing(remote, connections, handshakes, buffered));

    /// <summary>Logs that the filter of the application has failed for a client.</summary>
    public void FilterFailed(IPEndPoint remote, long failures, Exception failure) =>
        Write(log => log.IncomingFilterFailed(remote, failures, failure));

    /// <summary>Logs that an exception has ended the I/O thread.</summary>
    public void EndpointDied(Exception fault) => Write(log => log.EndpointDied(fault));

    private void Write(Action<ILogger> write)
    {
        if (log is not NullLogger)
            runtime.Post(() => write(log));
    }
}
