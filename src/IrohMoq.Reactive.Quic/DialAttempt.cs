using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Dials a peer or a server at all of its addresses at once; the first connection is taken. A canceled or unanswered dial of
/// System.Net.Quic ends only three seconds later, so that the caller does not wait for it: it ends in the background.
/// </summary>
/// <param name="settings">The settings of the connections.</param>
/// <param name="target">What is dialed, with at least one address.</param>
internal sealed class DialAttempt(QuicSettings settings, DialTarget target)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Completion<QuicConnection> _established = new(ThreadPoolRuntime.Instance);
    private MoqConnectException? _reported;
    private int _failures;

    /// <summary>Returns the connection to the peer or server, whose certificate is accepted.</summary>
    /// <exception cref="MoqConnectException">The peer was not reached or did not accept the connection.</exception>
    public async ValueTask<QuicConnection> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = ThreadPoolRuntime.Instance.Limit(settings.Options.HandshakeTimeout, cancellationToken);
        foreach (var address in target.Addresses)
            _ = DialAsync(address, limit.Token);
        var giveUp = limit.Token.UnsafeRegister(static dial => ((DialAttempt)dial!).GiveUp(), this);
        try
        {
            return await _established.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw TimedOut();
        }
        finally
        {
            giveUp.Unregister();
            // Ends the dials of the other addresses.
            limit.Cancel();
        }
    }

    /// <summary>Ends the dial, because the endpoint is disposed.</summary>
    public void Dispose() => _established.TryFail(new ObjectDisposedException(nameof(QuicEndpoint)));

    private void GiveUp() => _established.TryFail(new OperationCanceledException());

    private async Task DialAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        MoqConnectException? refusal = null;
        var isCertificateSeen = false;
        try
        {
            var options = settings.Client(target, address, IsAccepted);
            var connection = await ConnectAsync(options, cancellationToken).ConfigureAwait(false);
            if (connection.NegotiatedApplicationProtocol == QuicSettings.Protocols([ListenerSet.IdleProtocol])[0])
                Fail(DialErrors.NotServing(address));
            else if (_established.TrySet(connection))
                return;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Fail(refusal ?? DialErrors.From(failure, address, isCertificateSeen));
        }

        bool IsAccepted(X509Certificate? presented, SslPolicyErrors errors)
        {
            isCertificateSeen = true;
            refusal = target.Verify(presented, errors, address);
            return refusal is null;
        }
    }

    /// <summary>
    /// Connects, again and again while the network reports that nothing is at the address, or the peer forgets the connection during the
    /// handshake: anyone can send such a report, and the peer may be starting.
    /// </summary>
    private static async ValueTask<QuicConnection> ConnectAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await QuicConnection.ConnectAsync(options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is SocketException or QuicException { QuicError: QuicError.OperationAborted })
            {
                await ThreadPoolRuntime.Instance.DelayAsync(RetryInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reports the most informative failure when the dials of all addresses have failed.</summary>
    private void Fail(MoqConnectException failure)
    {
        lock (_gate)
        {
            if (_reported is null || DialErrors.IsMoreInformative(failure, _reported))
                _reported = failure;
            if (++_failures < target.Addresses.Length)
                return;
        }

        _established.TryFail(_reported);
    }

    private MoqConnectException TimedOut()
    {
        lock (_gate)
        {
            return _reported ?? new MoqConnectException(
                ConnectError.TimedOut,
                $"{string.Join(", ", target.Addresses)} did not answer within {settings.Options.HandshakeTimeout.TotalSeconds:0.###} s. "
                + "Check that the peer runs and that the address is right.");
        }
    }
}
