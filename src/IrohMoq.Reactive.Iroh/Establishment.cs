using System.Net;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Establishes a connection that dials: begins the dial, and waits until the peer has accepted the connection or the dial has failed.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="loop">The loop that drives the connection.</param>
/// <param name="runtime">The runtime on which the caller continues.</param>
/// <param name="dialed">The addresses that are dialed. An incoming connection has none.</param>
internal sealed class Establishment(QuicConnection connection, IoLoop loop, Runtime runtime, IReadOnlyList<IPEndPoint> dialed)
{
    private readonly Completion<QuicConnection> _established = new(runtime);
    private IReadOnlyList<IPEndPoint> _dialed = dialed;
    private bool _isShutDown;

    /// <summary>Gets the address from which the peer has answered a dial that has ended, or null if it has not answered.</summary>
    public IPEndPoint? Answered { get; private set; }

    /// <summary>Dials, and waits until the peer has accepted the connection.</summary>
    public Task<QuicConnection> DialAsync(EndpointId id, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!loop.TryHand(new Dial(connection, id, _dialed, protocols)), typeof(IrohEndpoint));
        return WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until the peer has accepted the connection. A connection that the caller does not get is closed and disposed.
    /// </summary>
    /// <exception cref="MoqConnectException">The connection could not be established.</exception>
    public async Task<QuicConnection> WaitAsync(CancellationToken cancellationToken)
    {
        var giveUp = cancellationToken.UnsafeRegister(static state => ((QuicConnection)state!).Close(0, ""), connection);
        await using (giveUp.ConfigureAwait(false))
        {
            try
            {
                await _established.Task.ConfigureAwait(false);
                // If the call was canceled at the same time, the connection is being closed.
                cancellationToken.ThrowIfCancellationRequested();
                return connection;
            }
            catch (Exception failure)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                if (failure is MoqConnectException)
                    cancellationToken.ThrowIfCancellationRequested();
                throw;
            }
        }
    }

    /// <summary>
    /// Adds addresses of the peer to the dial. Has no effect after the handshake. No two calls may run at the same time.
    /// </summary>
    public void AddRemotes(IReadOnlyList<IPEndPoint> remotes)
    {
        _dialed = [.. _dialed, .. remotes];
        connection.Work.AddRemotes(remotes);
    }

    /// <summary>Records that the peer has accepted the connection. Must be called on the I/O thread.</summary>
    public void OnConfirmed() => _established.TrySet(connection);

    /// <summary>Records that the dial could not begin. Must be called on the I/O thread.</summary>
    public void OnFailed(Exception failure) => _established.TryFail(failure);

    /// <summary>Records that the endpoint ends the connection. Must be called on the I/O thread.</summary>
    public void OnShutdown() => _isShutDown = true;

    /// <summary>Records that the connection ended before the peer has accepted it. Must be called on the I/O thread.</summary>
    public void OnEnded(TransportEnd end)
    {
        Answered = connection.Core.AnsweredFrom?.Remote.ToEndPoint();
        _established.TryFail(
            _isShutDown
                ? new ObjectDisposedException(nameof(IrohEndpoint))
                : ConnectErrors.From(
                    end, connection.Core.IsWrongPeer, connection.RemoteEndPoint, _dialed, connection.Settings.HandshakeTimeout));
    }
}
