using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Opens a session between two endpoints of this process.</summary>
internal static class LoopbackCheck
{
    private const string Name = "session";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task<Finding> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var runtime = ThreadPoolRuntime.Instance;
            var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), HandshakeTimeout = Limit };
            var server = await IrohEndpoint.CreateAsync(options: options, cancellationToken: cancellationToken).ConfigureAwait(false);
            await using var serverEnd = server.ConfigureAwait(false);
            var publisher = Moq.Serve(server);
            await using var publisherEnd = publisher.ConfigureAwait(false);
            var client = await IrohEndpoint.CreateAsync(options: options, cancellationToken: cancellationToken).ConfigureAwait(false);
            await using var clientEnd = client.ConfigureAwait(false);
            var subscriber = new Moq(client);
            await using var subscriberEnd = subscriber.ConfigureAwait(false);

            var began = runtime.GetTimestamp();
            var session = await subscriber.ConnectAsync(server.Address, cancellationToken).ConfigureAwait(false);
            await using var sessionEnd = session.ConfigureAwait(false);
            return Finding.Ok(Name, $"over loopback in {runtime.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }
        catch (Exception failure) when (failure is MoqException or SocketException or NativeLibraryException)
        {
            return Finding.Problem(
                Name, $"no session over loopback: {failure.Message}", "a firewall must not block UDP on the interface lo");
        }
    }
}
