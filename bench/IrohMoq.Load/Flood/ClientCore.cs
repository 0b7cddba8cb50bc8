using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.Flood;

/// <summary>
/// Represents the QUIC core of a client without a socket. It gives the datagrams that a real client sends, so that they can be sent by
/// other means, altered or withheld.
/// </summary>
internal sealed unsafe class ClientCore : ICoreEvents, IDatagramSink, IDisposable
{
    private static readonly NetworkPath Path = new(
        NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 1)), NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 2)));

    private readonly QuicCore _core;
    private List<byte[]> _sent = [];
    private ulong _now;

    /// <summary>Begins a dial, and writes its first flight.</summary>
    /// <param name="settings">The settings, which may be shared by several clients.</param>
    /// <param name="expected">The id of the server.</param>
    /// <param name="protocols">The application protocols that are offered.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public ClientCore(CoreSettings settings, EndpointId expected, IReadOnlyList<string> protocols, ulong now)
    {
        Buffer = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
        _now = now;
        _core = QuicCore.Dial(settings, this, this, new ReceiveAccount(settings.Budget), protocols, [Path], expected, now);
        _core.Flush(now);
    }

    /// <inheritdoc/>
    public byte* Buffer { get; }

    /// <inheritdoc/>
    public long FairShare => long.MaxValue;

    /// <summary>Gets a value that indicates whether the server has accepted the client.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Gets how the connection ended, or null.</summary>
    public TransportEnd? End { get; private set; }

    /// <summary>Creates settings for clients with a new key.</summary>
    public static CoreSettings CreateSettings()
    {
        NativeLibraries.EnsureLoaded();
        var key = SecretKey.Generate();
        return new CoreSettings
        {
            Credentials = new RawKeyCredentials(key), ResetSecret = new ResetSecret(key), Budget = new ByteBudget(1 << 30),
            Pool = BlockPool.Shared,
        };
    }

    /// <summary>Takes the datagrams that were sent since the last call.</summary>
    public IReadOnlyList<byte[]> TakeSent()
    {
        var sent = _sent;
        _sent = [];
        return sent;
    }

    /// <summary>Passes a datagram of the server to the client, and writes the response.</summary>
    public void Receive(ReadOnlySpan<byte> datagram, ulong now)
    {
        _now = now;
        _core.Receive(Path, datagram, datagram.Length, now);
        _core.Flush(now);
    }

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        for (; datagrams.Length > 0; datagrams = datagrams[Math.Min(segment, datagrams.Length)..])
            _sent.Add(datagrams[..Math.Min(segment, datagrams.Length)].ToArray());
        return true;
    }

    /// <summary>Ends the connection and releases the native objects.</summary>
    public void Dispose()
    {
        _core.Close(0, "", _now);
        NativeMemory.Free(Buffer);
    }

    /// <inheritdoc/>
    public void OnHandshakeConfirmed() => IsConfirmed = true;

    /// <inheritdoc/>
    public void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds) => End = end;

    /// <inheritdoc/>
    [ExcludeFromCodeCoverage]
    public QuicStream OnStreamOpened(long id) => throw new NotSupportedException("The client has no streams.");

    /// <inheritdoc/>
    public void OnHandshakeCompleted()
    {
        // The server may still refuse.
    }

    /// <inheritdoc/>
    public void OnStreamLimit(bool isUni, ulong streams)
    {
        // The client has no streams.
    }

    /// <inheritdoc/>
    public void OnDatagram(ReadOnlySpan<byte> payload)
    {
        // The client reads no datagrams.
    }

    /// <inheritdoc/>
    public void OnIdIssued(ConnectionId id)
    {
        // Datagrams are not routed.
    }

    /// <inheritdoc/>
    public void OnIdRetired(ConnectionId id)
    {
        // Datagrams are not routed.
    }

    /// <inheritdoc/>
    public void OnTokenIssued(ResetToken token)
    {
        // Datagrams are not routed.
    }

    /// <inheritdoc/>
    public void OnTokenRetired(ResetToken token)
    {
        // Datagrams are not routed.
    }
}
