using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Requests;

/// <summary>
/// A client whose SETUP breaks the rules, does not come, or comes late, at a server that decides by it and at one that does not.
/// </summary>
public sealed class HostileRequestTests
{
    private static readonly string LongPath = $"/{new string('p', SessionRequest.MaxPathBytes)}";

    [TestCase("moq-lite-06", "/a b", TestName = "Space")]
    [TestCase("moq-lite-06", "/a\r\nb", TestName = "LineBreak")]
    [TestCase("moq-lite-06", "/\u202egnp", TestName = "DirectionOverride")]
    [TestCase("moq-lite-06", "room", TestName = "NoSlash")]
    [TestCase("moq-lite-05", "a\0b", TestName = "Zero")]
    public void PathThatIsNone_ClosesTheConnection(string version, string path) => Refused(version, Raw(2, Encode(path)));

    [Test]
    public void PathThatIsTooLong_ClosesTheConnection([Values("moq-lite-05", "moq-lite-06")] string version) =>
        Refused(version, Raw(2, Encode(LongPath)), code: 1);

    [Test]
    public void PathThatIsNoText_ClosesTheConnection([Values("moq-lite-05", "moq-lite-06")] string version) =>
        Refused(version, Raw(2, [0x2f, 0xff, 0xfe]));

    [Test]
    public void LongestPath_IsSeen([Values("moq-lite-05", "moq-lite-06")] string version, [Values] bool decides) =>
        Scene.Run(async scene =>
        {
            var server = scene.Add("server", Options(decides));
            var client = scene.Add("client", new MoqOptions { Protocols = [version] });
            await client.Moq.ConnectAsync(server.Address, new SessionRequest(LongPath[..SessionRequest.MaxPathBytes]));
            await scene.PauseAsync(1);
            Assert.That((await server.OpenSessionAsync()).Request!.Path, Has.Length.EqualTo(SessionRequest.MaxPathBytes));
        });

    [Test]
    public void PathOfMoqLite05_MayBeginWithAnything_AndAnUnknownRoleIsBoth([Values] bool decides) =>
        Run("moq-lite-05", decides, static async (scene, server, peer) =>
        {
            byte[] body = [2, 2, 4, .. "room"u8, 3, 1, 9];
            await SendAsync(peer, body);
            await scene.PauseAsync(1);
            var request = (await server.OpenSessionAsync()).Request!;
            Assert.That((request.Path, request.Role, peer.Closed.IsCompleted), Is.EqualTo(("room", SessionRole.Both, false)));
        });

    [Test]
    public void SilentClient_IsRefusedInTime_AndNotOffered([Values("policy", "application")] string who) => Scene.Run(async scene =>
    {
        var asked = 0;
        var server = scene.Add("server", who == "policy" ? Options(decides: true) : new MoqOptions { RequireAccept = true });
        using var offers = server.Moq.IncomingSessions().Subscribe(_ => asked++);
        var peer = await scene.AddRaw("peer").ConnectAsync(server.Address, ["moq-lite-06"]);
        var began = scene.Seconds;
        var end = await peer.Closed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((0x11ul, "no SETUP within 00:00:10")));
        Assert.That((scene.Seconds - began, asked), Is.EqualTo((10, 0)).Within(0.1));
        await scene.PauseAsync(1);
        Assert.That(server.Endpoint.Connected, Is.Empty);
    });

    [Test]
    public void ClientThatLeavesBeforeItsSetup_LeavesNothing() => Scene.Run(static async scene =>
    {
        var server = scene.Add("server", Options(decides: true));
        var peer = await scene.AddRaw("peer").ConnectAsync(server.Address, ["moq-lite-06"]);
        await scene.PauseAsync(1);
        peer.Close(0, "bye");
        await scene.PauseAsync(1);
        Assert.That((server.Endpoint.Connected.Count, server.Events), Is.EqualTo((0, Array.Empty<string>())));
    });

    [Test]
    public void OtherStreamsBeforeTheSetup_AreStopped_AndASecondSetupIsAViolation() =>
        Run("moq-lite-06", decides: true, static async (scene, server, peer) =>
        {
            var early = await peer.OpenUniAsync();
            await early.WriteAsync(new byte[] { (byte)UniStreamType.Group, 3, 1, 0, 0 });
            await scene.PauseAsync(1);
            Assert.That((await early.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
            var broken = await peer.OpenUniAsync();
            await broken.WriteAsync(new byte[] { (byte)UniStreamType.Setup, 5 });
            broken.Reset(7);
            await SendAsync(peer, [0]);
            await scene.PauseAsync(1);
            Assert.That((server.Events, peer.Closed.IsCompleted), Is.EqualTo((new[] { "opens" }, false)));
            await SendAsync(peer, [0]);
            Assert.That((await peer.Closed).Code, Is.EqualTo(3));
        });

    [Test]
    public void PathOrRoleOfAServer_ClosesTheConnection([Values] bool isRole) => Scene.Run(async scene =>
    {
        var server = scene.AddRaw("server", "moq-lite-06");
        var client = scene.Add("client");
        var dialing = client.Moq.ConnectAsync(server.Address, new SessionRequest("/room"));
        var peer = await server.AcceptAsync();
        await SendAsync(peer, isRole ? [1, 3, 1, 0] : [1, 2, 0]);
        Assert.That((await peer.Closed).Code, Is.EqualTo(3));
        await (await dialing).Closed;
    });

    /// <summary>Sends a SETUP to a server that decides by it and to one that does not, both of which close the connection.</summary>
    private static void Refused(string version, byte[] body, ulong code = 3)
    {
        foreach (var decides in new[] { true, false })
        {
            Run(version, decides, async (scene, server, peer) =>
            {
                await SendAsync(peer, body);
                var end = await peer.Closed;
                await scene.PauseAsync(1);
                Assert.That((end.IsRemote, server.Endpoint.Connected.Count), Is.EqualTo((true, 0)), $"decides: {decides}");
                Assert.That(end.Code, version == "moq-lite-06" ? Is.EqualTo(code) : Is.Not.Zero, end.Reason);
                if (decides)
                    Assert.That(server.Events, Is.Empty, "there was no session");
            });
        }
    }

    private static void Run(string version, bool decides, Func<Scene, Player, ITransportConnection, Task> body) => Scene.Run(async scene =>
    {
        var server = scene.Add("server", Options(decides));
        await body(scene, server, await scene.AddRaw("peer").ConnectAsync(server.Address, [version]));
    });

    private static MoqOptions Options(bool decides) =>
        decides ? new MoqOptions { AcceptPolicy = static (_, _) => new(true) } : MoqOptions.Default;

    private static byte[] Encode(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Returns the body of a SETUP with one parameter.</summary>
    private static byte[] Raw(byte id, byte[] value)
    {
        var length = new byte[Varint.MaxLength];
        var count = Varint.Write(length, (ulong)value.Length);
        return [1, id, .. length[..count], .. value];
    }

    private static async Task SendAsync(ITransportConnection peer, byte[] body)
    {
        var length = new byte[Varint.MaxLength];
        var count = Varint.Write(length, (ulong)body.Length);
        var stream = await peer.OpenUniAsync();
        byte[] message = [(byte)UniStreamType.Setup, .. length[..count], .. body];
        await stream.WriteAsync(message);
        stream.Finish();
    }
}
