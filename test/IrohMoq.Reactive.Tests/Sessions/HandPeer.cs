using System.Reactive.Concurrency;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// A peer of a session that the test writes by hand, on a network in virtual time. It sends its SETUP, announces "x", answers TRACK, and
/// records every stream of the session. Everything else is left to the test.
/// </summary>
internal sealed class HandPeer
{
    /// <summary>The broadcast that the peer announces.</summary>
    public const string Broadcast = "x";

    private readonly InMemoryNetwork _network;
    private readonly List<Task> _reading = [];

    private HandPeer(InMemoryNetwork network, MoqVersion version, MoqSession session, ITransportConnection connection) =>
        (_network, Version, Session, Connection) = (network, version, session, connection);

    public MoqVersion Version { get; }

    /// <summary>Gets the session under test.</summary>
    public MoqSession Session { get; }

    /// <summary>Gets what the session publishes.</summary>
    public required OriginProducer Origin { get; init; }

    public ITransportConnection Connection { get; }

    public Runtime Runtime => _network.Runtime;

    /// <summary>Gets the streams that the session has opened.</summary>
    public List<HandStream> Streams { get; } = [];

    /// <summary>Gets the groups that the session has sent, in the order in which their streams have arrived.</summary>
    public IEnumerable<HandGroup> Groups =>
        Streams.Where(static stream => stream is { Send: null, Type: (ulong)UniStreamType.Group })
            .Select(stream => HandGroup.Of(stream, Version));

    /// <summary>Gets the SUBSCRIBE streams that the session has opened.</summary>
    public IEnumerable<HandStream> Subscriptions =>
        Streams.Where(static stream => stream is { Send: not null, Type: (ulong)BidiStreamType.Subscribe });

    /// <summary>Gets or sets the answer to TRACK.</summary>
    public TrackInfo Info { get; set; } = new(0, true, 5000, 1000);

    /// <summary>Gets or sets the bytes of the answer to TRACK, in hexadecimal digits, or null for <see cref="Info"/>.</summary>
    public string? InfoHex { get; set; }

    /// <summary>Gets the bytes of the answer to the request of the announcements, or null to announce the broadcast.</summary>
    private string? Announcements { get; init; }

    /// <summary>Runs a test.</summary>
    /// <param name="version">The version of the protocol.</param>
    /// <param name="body">What the peer does.</param>
    /// <param name="isServer">True if the session under test is the server of the connection.</param>
    /// <param name="setup">The stream with which the peer begins, in hexadecimal digits; empty for none.</param>
    /// <param name="announcements">The answer to the request of the announcements, in hexadecimal digits.</param>
    /// <param name="wrap">Changes the connection of the session.</param>
    public static void Run(
        MoqVersion version,
        Func<HandPeer, Task> body,
        bool isServer = false,
        string setup = "010100",
        string? announcements = null,
        Func<ITransportConnection, ITransportConnection>? wrap = null)
    {
        var network = new InMemoryNetwork(new HistoricalScheduler()) { Latency = TimeSpan.FromMilliseconds(5), TracesArrivals = false };
        network.Run(async () =>
        {
            var peer = await StartAsync(network, version, isServer, setup, announcements, wrap);
            await body(peer);
            await peer.EndAsync();
        });
    }

    /// <summary>Starts another session, with a peer of its own.</summary>
    public Task<HandPeer> AddAsync(bool isServer) => StartAsync(_network, Version, isServer, "010100", null, null);

    /// <summary>Closes the session, and waits until everything has ended.</summary>
    public async Task EndAsync()
    {
        Session.Close();
        await Connection.Closed;
        for (var i = 0; i < _reading.Count; i++)
            await _reading[i];
    }

    public ValueTask PauseAsync(double seconds) => _network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Opens a stream, writes bytes and finishes it.</summary>
    public async Task<ISendStream> SendUniAsync(string hex, bool ends = true)
    {
        var stream = await Connection.OpenUniAsync();
        await stream.WriteAsync(Convert.FromHexString(hex));
        if (ends)
            stream.Finish();
        return stream;
    }

    /// <summary>Opens a stream in both directions, and writes bytes. What the session answers is recorded.</summary>
    public async Task<HandStream> OpenAsync(string hex)
    {
        var bidi = await Connection.OpenBidiAsync();
        var stream = new HandStream(bidi.Send, bidi.Receive);
        _reading.Add(stream.ReadAsync());
        if (hex.Length > 0)
            await bidi.Send.WriteAsync(Convert.FromHexString(hex));
        return stream;
    }

    /// <summary>Subscribes to a track of broadcast "a" of the session.</summary>
    public async Task<HandStream> SubscribeAsync(DeliveryTerms terms, ulong id = 0, string broadcast = "a", string track = "t")
    {
        var subscribe = new Subscribe(id, broadcast, track, terms);
        var bytes = new byte[subscribe.MaxEncodedSize];
        return await OpenAsync(Convert.ToHexString(bytes, 0, subscribe.EncodeOpening(bytes, Version)));
    }

    /// <summary>Waits until the session has opened its next subscription.</summary>
    public async Task<HandStream> SubscribedAsync(int number = 0)
    {
        while (Subscriptions.Count() <= number)
            await PauseAsync(0.001);
        return Subscriptions.ElementAt(number);
    }

    /// <summary>Sends a whole group of frames of one byte, which is the index of the frame.</summary>
    public async Task SendGroupAsync(ulong subscription, ulong sequence, int frames = 1, int first = 0)
    {
        var stream = await BeginGroupAsync(subscription, sequence, frames, first);
        stream.Finish();
    }

    /// <summary>Sends the beginning of a group of frames of one byte, which is the index of the frame.</summary>
    public async Task<ISendStream> BeginGroupAsync(ulong subscription, ulong sequence, int frames = 1, int first = 0)
    {
        var stream = await Connection.OpenUniAsync();
        await stream.WriteOpeningAsync(new GroupHeader(subscription, sequence, (ulong)first), Version);
        for (var i = first; i < first + frames; i++)
        {
            var frame = new byte[FrameHeader.MaxSize + 1];
            var delta = Version.HasTrackInfo ? i == first ? TimestampDelta.Between(0, (sequence * 1000) + (ulong)i) : 1 : 0;
            var header = FrameHeader.Write(frame, 1, Version, delta);
            frame[header] = (byte)i;
            await stream.WriteAsync(frame.AsMemory(0, header + 1));
        }

        return stream;
    }

    /// <summary>Reads track "t" of the peer, and returns each frame as "group:frames", and then how the reading has ended.</summary>
    public async Task<string> ReadAsync(SubscribeOptions? options = null, string track = "t")
    {
        var seen = new List<string>();
        try
        {
            await using var remote = await Session.SubscribeAsync(Broadcast);
            await foreach (var group in remote.Track(track).ReadGroupsAsync(options))
                seen.Add($"{group.Sequence}:{await ReadAsync(group)}");
            seen.Add("end");
        }
        catch (MoqException failure)
        {
            seen.Add($"{failure.Code}");
        }

        return string.Join(' ', seen);
    }

    private static async Task<HandPeer> StartAsync(
        InMemoryNetwork network,
        MoqVersion version,
        bool isServer,
        string setup,
        string? announcements,
        Func<ITransportConnection, ITransportConnection>? wrap)
    {
        var (us, hand) = (network.AddEndpoint($"us{isServer}"), network.AddEndpoint($"hand{isServer}"));
        var (listener, dialer) = isServer ? (us, hand) : (hand, us);
        listener.Listen([version.Alpn]);
        var accepting = listener.AcceptAsync();
        var dialed = await dialer.ConnectAsync(listener.Address, [version.Alpn]);
        var accepted = await accepting;
        var options = new MoqOptions { Scheduler = network.Scheduler };
        var origin = new OriginProducer(network.Runtime);
        wrap ??= static connection => connection;
        var session = isServer
            ? MoqSession.Accept(wrap(accepted), options, origin)
            : MoqSession.Connect(wrap(dialed), options, origin);
        var peer = new HandPeer(network, version, session, isServer ? dialed : accepted)
        {
            Announcements = announcements, Origin = origin,
        };
        peer._reading.Add(peer.AcceptAsync(peer.AcceptUniAsync));
        peer._reading.Add(peer.AcceptAsync(peer.AcceptBidiAsync));
        if (version.HasSetup && setup.Length > 0)
            await peer.SendUniAsync(setup);
        return peer;
    }

    private static async Task<string> ReadAsync(GroupConsumer group)
    {
        var frames = new List<string>();
        try
        {
            await foreach (var frame in group.ReadFramesAsync())
                frames.Add(frame.Length == 0 ? "empty" : $"{frame.Payload[0]}");
        }
        catch (MoqStreamException failure)
        {
            frames.Add($"{failure.Code}");
        }

        return string.Join(',', frames);
    }

    /// <summary>Sends a group of one empty frame as a datagram.</summary>
    public void SendDatagram(ulong subscription, ulong sequence)
    {
        Span<byte> datagram = stackalloc byte[DatagramHeader.MaxSize];
        var length = new DatagramHeader(subscription, sequence, sequence * 1000).Write(datagram, 0, Version);
        ((IDatagramConnection)Connection).TrySendDatagram(datagram[..length]);
    }

    private async Task AcceptAsync(Func<Task> acceptOne)
    {
        try
        {
            while (true)
                await acceptOne();
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }
    }

    private async Task AcceptUniAsync() => Add(new HandStream(null, await Connection.AcceptUniAsync()));

    private async Task AcceptBidiAsync()
    {
        var bidi = await Connection.AcceptBidiAsync();
        Add(new HandStream(bidi.Send, bidi.Receive) { OnFirst = AnswerAsync });
    }

    private void Add(HandStream stream)
    {
        Streams.Add(stream);
        _reading.Add(stream.ReadAsync());
    }

    private async Task AnswerAsync(HandStream stream)
    {
        switch (stream.Type)
        {
            case (ulong)BidiStreamType.Announce when Announcements is { } answer:
                await stream.Send!.WriteAsync(Convert.FromHexString(answer));
                stream.Send!.Finish();
                break;
            case (ulong)BidiStreamType.Announce:
                if (Version.HasSetup)
                    await stream.Send!.WriteAsync(new AnnounceOk(9, 1), Version);
                if (Version.HasRoutes)
                    await stream.Send!.WriteAsync(new AnnounceStart(Broadcast), Version);
                else
                    await stream.Send!.WriteAsync(new Announce(true, Broadcast), Version);
                break;
            case (ulong)BidiStreamType.Track:
                if (InfoHex is { } info)
                    await stream.Send!.WriteAsync(Convert.FromHexString(info));
                else
                    await stream.Send!.WriteAsync(Info, Version);
                stream.Send!.Finish();
                break;
        }
    }
}
