using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>
/// A publisher of moq-lite-05 or 06 that the test implements: it announces "demo/cam", answers TRACK, and gives FETCH streams to the test.
/// </summary>
internal sealed class HandSource
{
    private readonly ITransportConnection _connection;
    private readonly List<BidiStream> _streams = [];
    private Func<HandSource, BidiStream, Task> _answer = static (_, _) => Task.CompletedTask;

    private HandSource(ITransportConnection connection, MoqVersion version) => (_connection, Version) = (connection, version);

    public MoqVersion Version { get; }

    /// <summary>Gets what was requested, as the bytes of each TRACK and FETCH stream.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Gets or sets the bytes of the answer to TRACK, in hex; empty for none.</summary>
    public string? Info { get; set; }

    public required Scene Scene { get; init; }

    /// <summary>Runs a test in which a peer of this library fetches from the publisher.</summary>
    public static void Run(
        string protocol, Func<HandSource, BidiStream, Task> answer, Func<Scene, HandSource, TrackConsumer, Task> body) =>
        Scene.Run(async scene =>
        {
            _ = MoqVersions.TryFromAlpn(protocol, out var version);
            var raw = scene.AddRaw("hand", protocol);
            var bob = scene.Add("bob");
            var connecting = bob.Moq.ConnectAsync(raw.Address);
            var source = new HandSource(await raw.AcceptAsync(), version) { Scene = scene, _answer = answer };
            var serving = source.ServeAsync();
            var session = await connecting;
            var remote = await session.SubscribeAsync("demo/cam");
            await body(scene, source, remote.Track("video"));
            Assert.That(session.Closed.IsCompleted, Is.False, "nothing of this ends the session");
            session.Close();
            await serving;
        });

    public static async Task SendAsync(BidiStream stream, string hex, bool ends = true)
    {
        await stream.Send.WriteAsync(Convert.FromHexString(hex));
        if (ends)
            stream.Send.Finish();
    }

    private async Task ServeAsync()
    {
        var serving = new List<Task>();
        try
        {
            var setup = await _connection.OpenUniAsync();
            await setup.WriteOpeningAsync(default(Setup), Version);
            setup.Finish();
            while (true)
            {
                _streams.Add(await _connection.AcceptBidiAsync());
                serving.Add(ServeAsync(_streams[^1]));
            }
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }

        foreach (var one in serving)
            await one;
    }

    private async Task ServeAsync(BidiStream stream)
    {
        try
        {
            var buffer = new byte[200];
            var count = await stream.Receive.ReadAsync(buffer);
            var type = (BidiStreamType)buffer[0];
            if (type == BidiStreamType.Announce)
            {
                await stream.Send.WriteAsync(new AnnounceOk(9, 1), Version);
                if (Version == MoqVersion.Lite05)
                    await stream.Send.WriteAsync(new Announce(true, "demo/cam"), Version);
                else
                    await stream.Send.WriteAsync(new AnnounceStart("demo/cam"), Version);
                return;
            }

            Requests.Add(Convert.ToHexStringLower(buffer.AsSpan(0, count)));
            if (type == BidiStreamType.Track)
                await SendAsync(stream, Info ?? (Version == MoqVersion.Lite05 ? "060500538843e8" : "0505538843e8"));
            else if (type == BidiStreamType.Fetch)
                await _answer(this, stream);
        }
        catch (Exception end) when (end is TransportClosedException or TransportStreamException)
        {
            // The peer has left.
        }
    }
}
