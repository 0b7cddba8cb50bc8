using System.Security.Cryptography;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A client and a server on a <see cref="VirtualNetwork"/> of their own, with one connection.</summary>
internal sealed class VirtualPair : IDisposable
{
    public const string Protocol = "test-1";

    public static readonly NetworkAddress ClientAddress = AddressOf(1, 5_000);
    public static readonly NetworkAddress ServerAddress = AddressOf(2, 443);

    /// <param name="seed">The seed of all random decisions.</param>
    /// <param name="up">The link from the client to the server; null for a delay of 1 ms and no loss.</param>
    /// <param name="down">The link from the server to the client; null for the same as <paramref name="up"/>.</param>
    /// <param name="settings">Changes the settings of both; null for none.</param>
    public VirtualPair(
        int seed, LinkModel? up = null, LinkModel? down = null, Func<CoreSettings, CoreSettings>? settings = null)
    {
        Network = new VirtualNetwork(seed);
        Client = Network.AddHost(up ?? new LinkModel(), settings, ClientAddress);
        Client.Protocols = [];
        Server = Network.AddHost(down ?? up ?? new LinkModel(), settings, ServerAddress);
        Dialed = Client.Dial(Server.Id, ServerAddress);
    }

    public VirtualNetwork Network { get; }

    public VirtualHost Client { get; }

    public VirtualHost Server { get; }

    /// <summary>Gets the connection of the client.</summary>
    public VirtualConnection Dialed { get; }

    /// <summary>Gets the connection of the server. There must be only one whose handshake is complete, or only one at all.</summary>
    public VirtualConnection Accepted =>
        Server.Connections.SingleOrDefault(static connection => connection.CompletedAt is not null) ?? Server.Connections.Single();

    /// <summary>Returns an IPv4 address of the network 10.0.0.0.</summary>
    public static NetworkAddress AddressOf(byte host, ushort port) =>
        NetworkAddress.From(new System.Net.IPEndPoint(new System.Net.IPAddress([10, 0, 0, host]), port));

    /// <summary>Returns bytes that depend on a seed.</summary>
    public static byte[] Payload(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Returns the hash of bytes as <see cref="VirtualReceiveStream.Hash"/> does.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    /// <summary>Waits until both sides have accepted the connection.</summary>
    public void Connect(TimeSpan? limit = null)
    {
        var isConnected = Network.RunUntil(
            () => Dialed.ConfirmedAt is not null || Dialed.End is not null, limit ?? TimeSpan.FromSeconds(30));
        Assert.That((isConnected, Dialed.End), Is.EqualTo((true, (TransportEnd?)null)), Description);
        Assert.That(Dialed.Core.RemoteId, Is.EqualTo(Server.Id.ToArray()), Description);
        Assert.That(Accepted.Core.RemoteId, Is.EqualTo(Client.Id.ToArray()), Description);
        Assert.That((Dialed.Core.Protocol, Accepted.Core.Protocol), Is.EqualTo((Protocol, Protocol)), Description);
    }

    /// <summary>Fails unless a condition is met within a virtual time.</summary>
    public void Wait(Func<bool> condition, TimeSpan limit, string what)
    {
        if (!Network.RunUntil(condition, limit))
            Assert.Fail($"{what} did not happen within {limit}. {Description}");
    }

    /// <summary>Closes the connection, and checks that both sides have ended and use no memory.</summary>
    public void CloseAndCheckMemory()
    {
        Dialed.Close(0, "done");
        Network.RunUntil(() => Accepted.End is not null, TimeSpan.FromMinutes(2));
        foreach (var connection in Client.Connections.Concat(Server.Connections))
            connection.Release();
        Assert.That(
            (Client.Settings.Budget.Used, Server.Settings.Budget.Used, Client.Settings.Pool.BytesOut, Server.Settings.Pool.BytesOut),
            Is.EqualTo((0L, 0L, 0L, 0L)), Description);
    }

    public void Dispose() => Network.Dispose();

    /// <summary>Describes the run for the message of a failure.</summary>
    public string Description =>
        $"Seed {Network.Seed} at {Network.Elapsed}: dialed {Dialed.End?.ToString() ?? "open"} (up: {Client.Link.Sent} sent, "
        + $"{Client.Link.Lost} lost), accepted: "
        + string.Join(", ", Server.Connections.Select(static accepted => accepted.End?.ToString() ?? "open"))
        + $" (down: {Server.Link.Sent} sent, {Server.Link.Lost} lost).";
}
