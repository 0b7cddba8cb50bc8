using System.Runtime.InteropServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Represents an endpoint of a <see cref="VirtualNetwork"/>: a key, addresses, and connections with real cores. It routes datagrams by
/// connection id and answers late ones as an endpoint on real sockets does.
/// </summary>
internal sealed unsafe class VirtualHost : IDatagramSink, IDisposable
{
    private const int MaxAnswers = 8;

    private readonly VirtualNetwork _network;
    private readonly Dictionary<ConnectionId, VirtualConnection> _live = [];
    private readonly Dictionary<ResetToken, VirtualConnection> _tokens = [];
    private readonly Dictionary<ConnectionId, VirtualConnection> _retired = [];
    private readonly Dictionary<NetworkAddress, VirtualLink> _links = [];
    private readonly RetryTokens _retryTokens = new();
    private readonly StatelessAnswers _answers;
    private bool _isMuted;

    public VirtualHost(
        VirtualNetwork network, LinkModel link, Func<CoreSettings, CoreSettings>? settings, IReadOnlyList<NetworkAddress> addresses)
    {
        NativeLibraries.EnsureLoaded();
        _network = network;
        Addresses = addresses;
        Link = new VirtualLink(network, link);
        Buffer = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
        var seed = new byte[SecretKey.Size];
        network.Random.NextBytes(seed);
        var key = SecretKey.FromBytes(seed);
        Id = key.Id;
        var defaults = new CoreSettings
        {
            Credentials = new RawKeyCredentials(key),
            ResetSecret = new ResetSecret(key),
            Budget = new ByteBudget(1L << 30),
            Pool = new BlockPool(),
        };
        Settings = settings?.Invoke(defaults) ?? defaults;
        _answers = new StatelessAnswers(this, Settings.ResetSecret, _retryTokens);
    }

    public EndpointId Id { get; }

    public CoreSettings Settings { get; }

    /// <summary>Gets the addresses that the host knows as its own.</summary>
    public IReadOnlyList<NetworkAddress> Addresses { get; }

    /// <summary>Gets the first address of the host.</summary>
    public NetworkAddress Address => Addresses[0];

    /// <summary>Gets the public addresses that a NAT has given to addresses of the host.</summary>
    public Dictionary<NetworkAddress, NetworkAddress> Translations { get; } = [];

    /// <summary>Gets the link of what the host sends.</summary>
    public VirtualLink Link { get; }

    /// <summary>Gets all connections, ended ones included, in the order in which they began.</summary>
    public List<VirtualConnection> Connections { get; } = [];

    /// <summary>Gets or sets the protocols that the host accepts.</summary>
    public IReadOnlyList<string> Protocols { get; set; } = [VirtualPair.Protocol];

    /// <inheritdoc/>
    public byte* Buffer { get; private set; }

    /// <summary>Gets the time, in nanoseconds, of the first timer.</summary>
    public ulong Expiry => Connections.Count == 0 ? ulong.MaxValue : Connections.Min(static connection => connection.Core.Expiry);

    /// <summary>Gets the number of bytes that have arrived.</summary>
    public long Received { get; private set; }

    /// <summary>Gets the number of connections that have not ended.</summary>
    public int LiveCount => Connections.Count(static connection => !connection.Core.HasEnded);

    /// <summary>Returns the public address of an address of the host.</summary>
    public NetworkAddress Translate(NetworkAddress local) => Translations.GetValueOrDefault(local, local);

    /// <summary>Adds a link for what the host sends to one address, instead of the common link.</summary>
    public VirtualLink AddLink(NetworkAddress destination, LinkModel model) => _links[destination] = new VirtualLink(_network, model);

    /// <summary>Dials a peer at all the addresses at once.</summary>
    public VirtualConnection Dial(EndpointId id, params NetworkAddress[] remotes)
    {
        var connection = new VirtualConnection(this, _network);
        NetworkPath[] paths = [.. remotes.Select(remote => new NetworkPath(Address, remote))];
        connection.Begin(
            QuicCore.Dial(Settings, connection, this, connection.Account, [VirtualPair.Protocol], paths, id, _network.Now));
        Connections.Add(connection);
        return connection;
    }

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        if (_isMuted)
            return true;
        var link = _links.GetValueOrDefault(path.Remote, Link);
        if (link.Model.IsMtuLocal && segment > link.Model.Mtu)
            return false;
        Sent += datagrams.Length;
        for (; datagrams.Length > 0; datagrams = datagrams[Math.Min(segment, datagrams.Length)..])
            _network.Send(this, link, path, datagrams[..Math.Min(segment, datagrams.Length)]);
        return true;
    }

    /// <summary>Gets the number of bytes that were sent, lost ones included.</summary>
    public long Sent { get; private set; }

    /// <summary>Routes a datagram that has arrived.</summary>
    public void Receive(VirtualDatagram datagram)
    {
        Received += datagram.Bytes.Length;
        var path = new NetworkPath(LocalOf(datagram.Destination), datagram.Source);
        NgVersionCid ids;
        fixed (byte* packet = datagram.Bytes)
        {
            if (Ngtcp2.DecodeVersionCid(&ids, packet, (nuint)datagram.Bytes.Length, ConnectionId.OwnLength) != 0)
                return;
            var id = ConnectionId.From(new ReadOnlySpan<byte>(ids.Dcid, (int)ids.DcidLength));
            if (!_live.TryGetValue(id, out var connection))
            {
                if (_retired.TryGetValue(id, out var ended) && ended.ClosingEnds > _network.Now)
                {
                    AnswerLate(ended, path);
                    return;
                }

                connection = ids.Version == 0 ? FindReset(path, datagram.Bytes, id) : Accept(path, packet, datagram.Bytes.Length);
            }

            connection?.Receive(path, datagram.Bytes);
        }
    }

    /// <summary>Lets all connections that have something to do send.</summary>
    public void Flush()
    {
        // A connection that begins meanwhile is flushed too.
        for (var i = 0; i < Connections.Count; i++)
            Connections[i].Flush();
    }

    /// <summary>Loses all connections without a word, as a process does that is killed. The host goes on with the same key.</summary>
    public void Restart()
    {
        _isMuted = true;
        foreach (var connection in Connections)
            connection.Core.Close(0, "", _network.Now);
        _isMuted = false;
        _live.Clear();
        _tokens.Clear();
        _retired.Clear();
    }

    public void Add(ConnectionId id, VirtualConnection connection) => _live[id] = connection;

    public void Remove(ConnectionId id) => _live.Remove(id);

    public void Add(ResetToken token, VirtualConnection connection) => _tokens[token] = connection;

    public void Remove(ResetToken token) => _tokens.Remove(token);

    /// <summary>Keeps the ids of a connection that has ended, to answer late packets.</summary>
    public void Retire(VirtualConnection connection)
    {
        foreach (var id in connection.Core.Ids.Own)
        {
            _live.Remove(id);
            _retired[id] = connection;
        }

        foreach (var token in connection.Core.Ids.PeerTokens)
            _tokens.Remove(token);
    }

    public void Dispose()
    {
        _isMuted = true;
        foreach (var connection in Connections)
            connection.Release();
        Settings.Dispose();
        _retryTokens.Dispose();
        NativeMemory.Free(Buffer);
        Buffer = null;
    }

    private NetworkAddress LocalOf(NetworkAddress destination)
    {
        foreach (var (local, address) in Translations)
        {
            if (address == destination)
                return local;
        }

        return destination;
    }

    private void AnswerLate(VirtualConnection ended, in NetworkPath path)
    {
        if (ended.ClosePacket is { } packet && ended.Answers++ < MaxAnswers)
            Send(path, packet, packet.Length);
    }

    private VirtualConnection? FindReset(in NetworkPath path, ReadOnlySpan<byte> datagram, ConnectionId id)
    {
        if (StatelessAnswers.TryReadReset(datagram, out var token) && _tokens.TryGetValue(token, out var lost))
            return lost;
        _answers.Reset(path, id, datagram.Length, _network.Now);
        return null;
    }

    private VirtualConnection? Accept(in NetworkPath path, byte* packet, int length)
    {
        NgPacketHeader header;
        if (Protocols.Count == 0 || Ngtcp2.Accept(&header, packet, (nuint)length) != 0)
            return null;
        var connection = new VirtualConnection(this, _network);
        connection.Begin(
            QuicCore.Accept(Settings, connection, this, connection.Account, Protocols, path, &header, _network.Now));
        Connections.Add(connection);
        return connection;
    }
}
