using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>An endpoint without a manager that speaks moq-lite by hand: it accepts or dials, and asks the other side to leave.</summary>
internal sealed class GoawayPeer(Scene scene, string version)
{
    private readonly InMemoryEndpoint _endpoint = scene.AddRaw("hand", version);

    public EndpointAddr Address => _endpoint.Address;

    public MoqVersion Version => MoqVersions.TryFromAlpn(version, out var known) ? known : throw new ArgumentException(version);

    public async Task<ITransportConnection> AcceptAsync() => await GreetAsync(await _endpoint.AcceptAsync());

    public async Task<ITransportConnection> DialAsync(Player peer) =>
        await GreetAsync(await _endpoint.ConnectAsync(peer.Address, [version]));

    /// <summary>Lets every further dial fail.</summary>
    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    public async Task<BidiStream> GoAwayAsync(ITransportConnection connection, string uri = "")
    {
        var stream = await connection.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(new Goaway(uri), Version);
        stream.Send.Finish();
        return stream;
    }

    /// <summary>Returns the URI of the GOAWAY that the other side sends.</summary>
    public async Task<string> ExpectGoawayAsync(ITransportConnection connection)
    {
        while (true)
        {
            var stream = await connection.AcceptBidiAsync();
            using var reader = new MessageReader(stream.Receive, Version);
            if (await reader.ReadTypeAsync() == (ulong)BidiStreamType.Goaway)
                return (await reader.ReadAsync<Goaway>())!.Value.Uri;
        }
    }

    private async Task<ITransportConnection> GreetAsync(ITransportConnection connection)
    {
        if (Version.HasSetup)
        {
            var stream = await connection.OpenUniAsync();
            await stream.WriteOpeningAsync(new Setup(Hop: 7), Version);
            stream.Finish();
        }

        return connection;
    }
}
