using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the SETUP of a client that is read before its connection is accepted, so that the decision can depend on it. Nothing is sent
/// to the client. See moq-lite, "SETUP".
/// </summary>
internal sealed class EarlySetup
{
    private EarlySetup(Setup message) => (Message, Request) = (message, SetupExchange.RequestOf(message));

    /// <summary>Gets the message.</summary>
    public Setup Message { get; }

    /// <summary>Gets the path and the role that the client states.</summary>
    public SessionRequest Request { get; }

    /// <summary>
    /// Waits for the SETUP of a client. Streams that come before it are stopped: without a subscription there is no group.
    /// </summary>
    /// <returns>Null if the version of the protocol has no SETUP.</returns>
    /// <exception cref="MoqProtocolException">The message is malformed, or contains a path that is none.</exception>
    /// <exception cref="OperationCanceledException">The message did not arrive in time.</exception>
    /// <exception cref="TransportClosedException">The connection ended first.</exception>
    public static async ValueTask<EarlySetup?> ReadAsync(ITransportConnection transport, CancellationToken cancellationToken)
    {
        if (!MoqVersions.TryFromAlpn(transport.Protocol, out var version) || !version.HasSetup)
            return null;
        while (true)
        {
            var stream = await transport.AcceptUniAsync(cancellationToken).ConfigureAwait(false);
            using var reader = new MessageReader(stream, version);
            try
            {
                if (await reader.ReadTypeAsync(cancellationToken).ConfigureAwait(false) == (ulong)UniStreamType.Setup)
                {
                    return await reader.ReadAsync<Setup>(cancellationToken).ConfigureAwait(false) is { } setup
                        ? new EarlySetup(setup)
                        : throw MessageFraming.Truncated(Setup.Name, 0, closesSession: true);
                }

                stream.Stop(MoqErrorCode.Cancel, version);
            }
            catch (TransportStreamException)
            {
                // The client has given up the stream, and may send its options on no other one: the time limit ends the wait.
            }
        }
    }
}
