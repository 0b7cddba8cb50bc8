namespace IrohMoq.Reactive.Testing.Tests.Requests;

/// <summary>A client states a path and a role, and a server sees them and decides by them.</summary>
public sealed class SessionRequestTests
{
    private static readonly string[] Versions = ["moq-lite-05", "moq-lite-06"];
    private static readonly string[] OldVersions = ["moq-lite-03", "moq-lite-04"];

    private static SessionRequest Room { get; } = new("/room?token=abc", SessionRole.Subscriber);

    [Test]
    public void ServerSeesWhatTheClientStates([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var (server, client) = (scene.Add("server"), scene.Add("client", new MoqOptions { Protocols = [version] }));
        await using var session = await client.Moq.ConnectAsync(server.Address, Room);
        await scene.PauseAsync(1);
        var accepted = await server.OpenSessionAsync();
        Assert.That((session.Request, accepted.Request, await accepted.WaitForRequestAsync()), Is.EqualTo((Room, Room, Room)));
        Assert.That((accepted.Request!.ToString(), accepted.Protocol), Is.EqualTo(("Subscriber at '/room' with a query", version)));
    });

    [Test]
    public void ClientThatStatesNothing_IsAtTheDefaultPath_InBothRoles([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var (server, client) = (scene.Add("server"), scene.Add("client", new MoqOptions { Protocols = [version] }));
            var session = await client.ConnectAsync(server);
            var accepted = await ViewAsync(server);
            Assert.That(await accepted.WaitForRequestAsync(), Is.EqualTo(SessionRequest.Default));
            Assert.That(await session.WaitForRequestAsync(), Is.EqualTo(session.Request).And.EqualTo(SessionRequest.Default));
        });

    [Test]
    public void OldVersion_CarriesNoRequest([ValueSource(nameof(OldVersions))] string version) => Scene.Run(async scene =>
    {
        var seen = new List<SessionRequest?>();
        var server = scene.Add("server", Asking(context => context.Request is null, seen));
        var client = scene.Add("client", new MoqOptions { Protocols = [version] });
        var session = await client.Moq.ConnectAsync(server.Address, new SessionRequest(role: SessionRole.Publisher));
        await scene.PauseAsync(1);
        var accepted = await server.OpenSessionAsync();
        Assert.That((session.Request, await accepted.WaitForRequestAsync()), Is.EqualTo((default(object), default(object))));
        Assert.That(seen, Is.EqualTo(new SessionRequest?[] { null }), "the policy runs without one");
    });

    [Test]
    public void PathIsNeverLeftOut_SoOlderVersionsAreNotOffered() => Scene.Run(static async scene =>
    {
        var server = scene.Add("server", new MoqOptions { Protocols = ["moq-lite-04", "moq-lite-05"] });
        var client = scene.Add("client", new MoqOptions { Protocols = ["moq-lite-04", "moq-lite-05"] });
        var session = await client.Moq.ConnectAsync(server.Address, Room);
        Assert.That(session.Protocol, Is.EqualTo("moq-lite-05"));

        var old = scene.Add("old", new MoqOptions { Protocols = ["moq-lite-04"] });
        Assert.That((await FailureAsync(client.Moq.ConnectAsync(old.Address, Room))).Error, Is.EqualTo(ConnectError.NoCommonProtocol));
        var began = scene.Seconds;
        Assert.That((await FailureAsync(old.Moq.ConnectAsync(server.Address, Room))).Error, Is.EqualTo(ConnectError.NoCommonProtocol));
        Assert.That((scene.Seconds, old.Endpoint.Connected.Count), Is.EqualTo((began, 0)), "nothing is dialed");
    });

    [Test]
    public void PolicyRefusesByThePath_BeforeThePeerSeesAnything([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var seen = new List<SessionRequest?>();
        var server = scene.Add("server", Asking(context => context.Request?.Path == "/right", seen));
        using var broadcast = scene.Saying("hello");
        using var live = server.Moq.Publish("x", broadcast);
        var options = new MoqOptions { Protocols = [version] };
        var (wrong, right) = (scene.Add("wrong", options), scene.Add("right", options));
        var refused = await wrong.Moq.ConnectAsync(server.Address, new SessionRequest("/wrong"));
        var names = refused.OriginConsumer;
        var end = await refused.Closed;
        Assert.That((end.Code, end.Reason, end.IsRefused), Is.EqualTo((MoqErrorCode.Unauthorized, "not admitted", true)));
        Assert.That((names.Names, server.Events), Is.EqualTo((Array.Empty<BroadcastPath>(), Array.Empty<string>())));

        var session = await right.Moq.ConnectAsync(server.Address, new SessionRequest("/right"));
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
        Assert.That(seen.Select(request => request!.Path), Is.EqualTo(new[] { "/wrong", "/right" }));
    });

    [Test]
    public void ApplicationDecidesByThePath([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var server = scene.Add("server", new MoqOptions { RequireAccept = true });
        using var deciding = server.Moq.IncomingSessions().Subscribe(static incoming =>
        {
            if (incoming.Request!.Path == "/right")
                incoming.Accept();
            else
                incoming.Reject(MoqErrorCode.Unauthorized, "not this path");
        });
        var client = scene.Add("client", new MoqOptions { Protocols = [version] });
        var refused = await client.Moq.ConnectAsync(server.Address, new SessionRequest("/wrong"));
        Assert.That((await refused.Closed).Reason, Is.EqualTo("not this path"));
        await client.Moq.ConnectAsync(server.Address, new SessionRequest("/right"));
        await scene.PauseAsync(1);
        Assert.That(server.Events, Is.EqualTo(new[] { "opens" }));
    });

    [Test]
    public void OneSessionHasOneRequest() => Scene.Run(static async scene =>
    {
        var (server, client) = (scene.Add("server"), scene.Add("client"));
        var dialing = client.Moq.ConnectAsync(server.Address, Room);
        var other = client.Moq.ConnectAsync(server.Address, new SessionRequest("/hall"));
        var (any, same) = (client.ConnectAsync(server), client.Moq.ConnectAsync(server.Address, Room with { }));
        Assert.That((await FailureAsync(other)).Error, Is.EqualTo(ConnectError.OtherRequest), "while it is dialed");
        var session = await dialing;
        Assert.That((await any, await same), Is.EqualTo((session, session)));
        var late = await FailureAsync(client.Moq.ConnectAsync(server.Address, SessionRequest.Default));
        Assert.That((late.Error, late.IsTransient), Is.EqualTo((ConnectError.OtherRequest, true)), "while it is open");
        Assert.That(session.Closed.IsCompleted, Is.False);
        session.Close();
        await session.Closed;
        Assert.That((await client.Moq.ConnectAsync(server.Address, new SessionRequest("/hall"))).Request!.Path, Is.EqualTo("/hall"));
    });

    [Test]
    public void CallerWithAPath_WaitsForItsOwnDial_AlsoIfThePeerDials() => Scene.Run(static async scene =>
    {
        var (small, great) = scene.AddPair();
        var dialing = great.Moq.ConnectAsync(small.Address, Room);
        var theirs = await small.ConnectAsync(great);
        var session = await dialing;
        await scene.PauseAsync(10);
        Assert.That((great.Events, small.Events), Is.EqualTo((new[] { "opens" }, new[] { "opens" })));
        Assert.That((session.Closed.IsCompleted, theirs.Closed.IsCompleted), Is.EqualTo((false, false)));
        Assert.That(await great.Moq.ConnectAsync(small.Address, Room), Is.EqualTo(session), "the session has what was stated");
    });

    [Test]
    public void DialAfterGoaway_StatesTheSameAgain([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var seen = new List<SessionRequest?>();
        var server = scene.Add("server", Asking(static _ => true, seen));
        var client = scene.Add("client", new MoqOptions { Protocols = [version] });
        var session = await client.Moq.ConnectAsync(server.Address, Room);
        await scene.PauseAsync(1);
        Assert.That(await (await server.OpenSessionAsync()).GoAwayAsync(), Is.True);
        await scene.PauseAsync(1);
        Assert.That((seen, session.Request, (await server.OpenSessionAsync()).Request), Is.EqualTo((new[] { Room, Room }, Room, Room)));
    });

    [Test]
    public void Reconnect_StatesTheRequestEachTime() => Scene.Run(static async scene =>
    {
        var seen = new List<SessionRequest?>();
        var server = scene.Add("server", Asking(static _ => true, seen));
        var client = scene.Add("client");
        using var dialing = client.Moq.Reconnect(server.Address, new ReconnectOptions { Request = Room }).Subscribe(static _ => { });
        using var sharing = client.Moq.Connect(server.Address, request: Room).Subscribe(static _ => { });
        await scene.PauseAsync(1);
        (await server.OpenSessionAsync()).Close();
        await scene.PauseAsync(5);
        Assert.That(seen, Is.EqualTo(new[] { Room, Room }));
    });

    [Test]
    public void SessionWithoutAMoq_StatesAndSeesThem() => Scene.Run(static async scene =>
    {
        var (left, right) = (scene.AddRaw("left"), scene.AddRaw("right", "moq-lite-06", "moq-lite-04"));
        var dialing = left.ConnectAsync(right.Address, ["moq-lite-06"]);
        await using var accepted = MoqSession.Accept(await right.AcceptAsync(), scene.Options);
        await using var session = MoqSession.Connect(await dialing, scene.Options, request: Room);
        Assert.That(await accepted.WaitForRequestAsync(), Is.EqualTo(Room));
        var old = await left.ConnectAsync(right.Address, ["moq-lite-04"]);
        Assert.That(
            () => MoqSession.Connect(old, scene.Options, request: Room),
            Throws.TypeOf<MoqException>().With.Property("Code").EqualTo(MoqErrorCode.UnknownAlpn));
    });

    [Test]
    public void EndOfTheSession_EndsTheWait() => Scene.Run(static async scene =>
    {
        var (left, right) = (scene.AddRaw("left"), scene.AddRaw("right", "moq-lite-06"));
        var silent = await left.ConnectAsync(right.Address, ["moq-lite-06"]);
        await using var accepted = MoqSession.Accept(await right.AcceptAsync(), scene.Options);
        using var stop = new CancellationTokenSource();
        var (canceled, waiting) = (accepted.WaitForRequestAsync(stop.Token), accepted.WaitForRequestAsync());
        await scene.PauseAsync(1);
        stop.Cancel();
        await scene.PauseAsync(1);
        Assert.That((canceled.IsCanceled, waiting.IsCompleted, accepted.Request), Is.EqualTo((true, false, default(object))));
        silent.Close(0, "");
        await scene.PauseAsync(1);
        Assert.That(waiting.Exception?.InnerException, Is.TypeOf<MoqSessionClosedException>());
    });

    private static MoqOptions Asking(Predicate<AcceptContext> policy, List<SessionRequest?> seen) => new()
    {
        AcceptPolicy = (context, _) =>
        {
            seen.Add(context.Request);
            return new(policy(context));
        },
    };

    private static async Task<MoqSession> ViewAsync(Player player)
    {
        await foreach (var incoming in player.Moq.ReadIncomingSessionsAsync())
            return incoming.Accept();
        throw new AssertionException("There is no session.");
    }

    private static async Task<MoqConnectException> FailureAsync(Task<MoqSession> dial)
    {
        try
        {
            await dial;
        }
        catch (MoqConnectException failure)
        {
            return failure;
        }

        throw new AssertionException("The dial has not failed.");
    }
}
