using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Load;

/// <summary>
/// Implements a minimal ngtcp2 sender and receiver as a baseline: one connection, one stream, one thread, and one buffer that is sent
/// repeatedly. Of this library it uses only the native binding and the UDP sockets.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The process ends with it.")]
internal sealed unsafe partial class Floor(double seconds)
{
    private const int BufferSize = PacketBatch.BufferSize;
    private const int SourceSize = 4 << 20;
    private static readonly byte[] Protocol = "floor"u8.ToArray();

    private readonly SocketSet _socket = new([new BindAddress(new IPEndPoint(IPAddress.Loopback, 0))]);
    private readonly double _seconds = seconds;
    private readonly RawKeyCredentials _credentials = new(SecretKey.Generate());
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferSize);
    private readonly byte* _source = (byte*)NativeMemory.AllocZeroed(SourceSize);
    private readonly NgConnRef* _reference = (NgConnRef*)NativeMemory.AllocZeroed((nuint)sizeof(NgConnRef));
    private NetworkAddress _remote;
    private GCHandle _self;
    private void* _connection;
    private void* _tls;
    private bool _confirmed;
    private bool _done;
    private long _received;
    private long _sent;
    private Meter? _meter;

    public static int Sink(double seconds)
    {
        var floor = new Floor(seconds);
        Console.WriteLine(floor._socket.LocalEndPoints[0]);
        return floor.RunSink();
    }

    public static int Send(string peer, double seconds) => new Floor(seconds).RunSender(IPEndPoint.Parse(peer));

    private static ulong Now() => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));

    // A closure in a callback would be allocated at each call.
    private Meter CreateMeter() => new(_seconds, () => _socket.Counters);

    private int RunSink()
    {
        while (!_done)
        {
            Receive();
            if (_connection is not null)
                Write(-1, 0, out _);
        }

        _meter!.Read(Offload).Print();
        // The receiver runs a little longer, because the sender waits for the last acknowledgements.
        for (var until = Now() + 300_000_000; Now() < until;)
        {
            Receive(10_000_000);
            Write(-1, 0, out _);
        }

        return 0;
    }

    private int RunSender(IPEndPoint peer)
    {
        _remote = NetworkAddress.From(peer);
        Create(null, Now());
        long stream = -1;
        ulong end = 0;
        var finished = false;
        while (!_done)
        {
            if (_confirmed && stream < 0)
            {
                _ = Ngtcp2.OpenUni(_connection, &stream, null);
                end = Now() + (ulong)(_seconds * 1e9);
                _meter = CreateMeter();
            }

            var last = stream >= 0 && Now() >= end;
            Write(finished ? -1 : stream, last ? Ngtcp2.WriteFin : 0, out var fin);
            finished |= fin;
            Receive();
        }

        _meter!.Read(Offload).Print();
        return 0;
    }

    private string Offload => (_socket.HasGso, _socket.HasGro) switch { (true, true) => "gso+gro", (true, false) => "gso", _ => "none" };

    private void Receive(ulong most = 1_000_000_000)
    {
        var now = Now();
        var expiry = _connection is null ? ulong.MaxValue : Ngtcp2.GetExpiry(_connection);
        var ready = _socket.Wait(expiry <= now ? 0 : Math.Min(expiry - now, most));
        for (var i = 0; ready && i < 64 && _socket.TryReceive(out var batch); i++)
        {
            now = Now();
            for (var offset = 0; offset < batch.Bytes.Length; offset += batch.Segment)
            {
                var packet = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(batch.Bytes)) + offset;
                var length = (nuint)Math.Min(batch.Segment, batch.Bytes.Length - offset);
                NgPacketHeader header;
                if (_connection is null)
                {
                    if (Ngtcp2.Accept(&header, packet, length) != 0)
                        continue;
                    _remote = batch.Path.Remote;
                    Create(&header, now);
                }

                NgPathStorage path;
                FillPath(&path);
                NgPacketInfo info = default;
                if (Ngtcp2.ReadPacket(_connection, &path.Path, 1, &info, packet, length, now) != 0)
                    _done = true;
            }
        }

        if (_connection is not null && Ngtcp2.GetExpiry(_connection) <= Now())
            _ = Ngtcp2.HandleExpiry(_connection, Now());
    }

    private void Write(long stream, uint flags, out bool fin)
    {
        fin = false;
        var now = Now();
        var most = Math.Min((int)Ngtcp2.GetSendQuantum(_connection), PacketBatch.MaxSize);
        int used = 0, segment = 0, total = 0;
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        NgPacketInfo info;
        // As in the library, a packet that would need a separate system call waits for the next turn.
        while (total + segment <= most)
        {
            NgVec vector;
            vector.Base = _source + (_sent % SourceSize);
            vector.Length = (nuint)(SourceSize - (_sent % SourceSize));
            nint taken = -1;
            var length = Ngtcp2.WriteStream(
                _connection, &path.Path, 1, &info, _buffer + used, Ngtcp2.GetMaxPayload(_connection), &taken, flags, stream, &vector,
                stream < 0 || flags != 0
                    ? 0u
                    : 1u, now);
            if (length is Ngtcp2.StreamDataBlocked or Ngtcp2.StreamShutWrite or Ngtcp2.StreamNotFound)
                length = Ngtcp2.WriteStream(
                    _connection, &path.Path, 1, &info, _buffer + used, Ngtcp2.GetMaxPayload(_connection), null, 0, -1, null, 0, now);
            if (length <= 0)
                break;
            if (taken >= 0)
            {
                _sent += taken;
                _meter!.Count(taken);
                fin |= flags != 0;
                stream = fin ? -1 : stream;
                flags = fin ? 0 : flags;
            }

            if (used > 0 && length > segment)
            {
                var probe = _buffer + used;
                Send(used, segment);
                Buffer.MemoryCopy(probe, _buffer, BufferSize, length);
                used = 0;
            }

            if (used == 0)
                segment = (int)length;
            used += (int)length;
            total += (int)length;
            if (length < segment || used + segment > PacketBatch.MaxSize || used / segment >= PacketBatch.MaxSegments)
            {
                Send(used, segment);
                used = 0;
            }
        }

        if (used > 0)
            Send(used, segment);
        Ngtcp2.UpdatePacketTxTime(_connection, now);
    }

    private void Send(int length, int segment) =>
        _ = _socket.Send(new NetworkPath(default, _remote), new ReadOnlySpan<byte>(_buffer, length), segment);
}
