using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Owns a core in a <see cref="VirtualNetwork"/>, as a driven connection does: it opens and accepts streams, and lets those that have
/// something to do write, read and give credit after each step of the core.
/// </summary>
internal sealed class VirtualConnection(VirtualHost host, VirtualNetwork network) : ICoreEvents
{
    private readonly Queue<VirtualStream> _arrived = new();
    private readonly Queue<(bool IsUni, Action<VirtualStream> Use)> _openings = new();
    private readonly List<VirtualStream> _ready = [];
    private readonly List<VirtualStream> _pumped = [];
    private readonly Dictionary<bool, (long Opened, long Allowed)> _limits = new() { [true] = default, [false] = default };
    private QuicCore? _core;
    private TimeSpan? _readAt;
    private bool _isActive;

    /// <summary>Gets the core.</summary>
    public QuicCore Core => _core ?? throw new InvalidOperationException("The connection has not begun.");

    /// <summary>Gets the count of the memory that the readers of the connection use.</summary>
    public ReceiveAccount Account { get; } = new(host.Settings.Budget);

    /// <summary>Gets the streams that are open, or that this side has opened or accepted.</summary>
    public Dictionary<long, VirtualStream> Streams { get; } = [];

    /// <summary>Gets or sets the action for each stream that the peer opens; null to read it to its end.</summary>
    public Action<VirtualStream>? Accepted { get; set; }

    /// <summary>Gets the time at which the handshake was complete, or null.</summary>
    public TimeSpan? CompletedAt { get; private set; }

    /// <summary>Gets the time at which the server had accepted this client, or null.</summary>
    public TimeSpan? ConfirmedAt { get; private set; }

    /// <summary>Gets how the connection has ended, or null.</summary>
    public TransportEnd? End { get; private set; }

    /// <summary>Gets the time at which the connection has ended, or null.</summary>
    public TimeSpan? EndedAt { get; private set; }

    /// <summary>Gets the packet with which late packets are answered, or null.</summary>
    public byte[]? ClosePacket { get; private set; }

    /// <summary>Gets the time, in nanoseconds, at which the closing or draining period ends.</summary>
    public ulong ClosingEnds { get; private set; }

    /// <summary>Gets or sets the number of late packets that were answered.</summary>
    public int Answers { get; set; }

    /// <summary>Gets the longest time between two reads of any streams.</summary>
    public TimeSpan LongestReadGap { get; private set; }

    /// <summary>Gets the settings of the host.</summary>
    public CoreSettings Settings => host.Settings;

    /// <summary>Gets the time since the beginning.</summary>
    public TimeSpan Elapsed => network.Elapsed;

    /// <inheritdoc/>
    public long FairShare => host.Settings.Budget.Most / Math.Max(host.LiveCount, 1);

    /// <summary>Begins with its core.</summary>
    public void Begin(QuicCore core)
    {
        _core = core;
        _isActive = true;
    }

    /// <summary>Opens a stream, as soon as the peer allows it.</summary>
    public void Open(bool isUni, Action<VirtualStream> use)
    {
        _openings.Enqueue((isUni, use));
        _isActive = true;
    }

    /// <summary>Passes a datagram to the core.</summary>
    public void Receive(in NetworkPath path, ReadOnlySpan<byte> datagram)
    {
        Core.Receive(path, datagram, datagram.Length, network.Now);
        _isActive = true;
    }

    /// <summary>Closes the connection.</summary>
    public void Close(ulong code, string reason) => Core.Close(code, reason, network.Now);

    /// <summary>A stream has something to do.</summary>
    public void OnReady(VirtualStream stream)
    {
        if (!stream.IsReady)
            _ready.Add(stream);
        stream.IsReady = true;
        _isActive = true;
    }

    /// <summary>A stream was read.</summary>
    public void OnRead()
    {
        if (_readAt is { } last && Elapsed - last > LongestReadGap)
            LongestReadGap = Elapsed - last;
        _readAt = Elapsed;
    }

    /// <summary>Adds bytes that were read or dropped, for which the peer gets credit in steps.</summary>
    public void Credit(long bytes)
    {
        if (Account.AddCredit(bytes) >= Settings.ConnectionWindow / 16)
            Core.FlowControl.ExtendData(Account.TakeCredit());
    }

    /// <summary>Performs what is due, and sends.</summary>
    public void Flush()
    {
        if (Core.Expiry <= network.Now)
        {
            Core.HandleExpiry(network.Now);
            _isActive = true;
        }

        // What a read or a write allows is sent at once.
        while (_isActive)
        {
            _isActive = false;
            Pump();
            Core.Flush(network.Now);
            if (Core.Fault is { } fault)
                throw new InvalidOperationException($"Seed {network.Seed}: the core failed at {Elapsed}.", fault);
        }
    }

    /// <summary>Closes the connection if it is open, and releases what was not read.</summary>
    public void Release()
    {
        Core.Close(0, "", network.Now);
        Account.DropUnread(End!);
    }

    /// <inheritdoc/>
    public void OnHandshakeCompleted() => CompletedAt = Elapsed;

    /// <inheritdoc/>
    public void OnHandshakeConfirmed() => ConfirmedAt = Elapsed;

    /// <inheritdoc/>
    public QuicStream OnStreamOpened(long id)
    {
        var stream = new VirtualStream(this, id, isOurs: false);
        Streams.Add(id, stream);
        _arrived.Enqueue(stream);
        return stream.Native;
    }

    /// <summary>Gets the datagrams that have arrived.</summary>
    public List<byte[]> Datagrams { get; } = [];

    /// <inheritdoc/>
    public void OnStreamLimit(bool isUni, ulong streams) => _limits[isUni] = _limits[isUni] with { Allowed = (long)streams };

    /// <inheritdoc/>
    public void OnDatagram(ReadOnlySpan<byte> payload) => Datagrams.Add(payload.ToArray());

    /// <inheritdoc/>
    public void OnIdIssued(ConnectionId id) => host.Add(id, this);

    /// <inheritdoc/>
    public void OnIdRetired(ConnectionId id) => host.Remove(id);

    /// <inheritdoc/>
    public void OnTokenIssued(ResetToken token) => host.Add(token, this);

    /// <inheritdoc/>
    public void OnTokenRetired(ResetToken token) => host.Remove(token);

    /// <inheritdoc/>
    public void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds)
    {
        if (End is not null)
            throw new InvalidOperationException($"Seed {network.Seed}: the connection has ended twice.");
        (End, EndedAt, ClosePacket, ClosingEnds) = (end, Elapsed, closePacket, closingEnds);
        host.Retire(this);
    }

    private void Pump()
    {
        while (_arrived.TryDequeue(out var stream))
        {
            Accepted?.Invoke(stream);
            if (stream.Native.TakesCreditStep())
                Core.FlowControl.ExtendStreams(stream.Native.IsUni ? 1 : 0, stream.Native.IsUni ? 0 : 1);
        }

        while (!Core.HasEnded && _openings.TryPeek(out var opening) && TryOpen(opening.IsUni, out var opened))
        {
            _openings.Dequeue();
            opening.Use(opened);
        }

        _pumped.AddRange(_ready);
        _ready.Clear();
        foreach (var stream in _pumped)
        {
            stream.IsReady = false;
            stream.Pump();
        }

        _pumped.Clear();
    }

    private bool TryOpen(bool isUni, out VirtualStream stream)
    {
        stream = null!;
        var (opened, allowed) = _limits[isUni];
        if (opened >= allowed)
            return false;
        _limits[isUni] = (opened + 1, allowed);
        stream = new VirtualStream(this, QuicStream.FirstId(Core.IsServer, isUni) + (4 * opened), isOurs: true);
        Streams.Add(stream.Id, stream);
        Core.Streams.Open(stream.Native);
        return true;
    }
}
