using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Iroh.Udp;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The half of a connection that runs on the I/O thread: it alone calls ngtcp2. It is fed with (path, datagram) and asked for (path, datagram).</summary>
internal sealed unsafe partial class QuicConnection
{
    private const ulong NeverExpires = ulong.MaxValue;
    private const int MaxVectors = 48;
    private const int MaxReason = 1024;

    /// <summary>How much one stream sends before the next one in line has its turn.</summary>
    private const int Turn = 128 << 10;

    private readonly Dictionary<long, QuicStream> _streams = [];
    private readonly List<ConnectionId> _ids = [];
    private readonly Queue<QuicSendStream> _controlLine = new();
    private readonly Queue<QuicSendStream> _dataLine = new();
    private GCHandle _self;
    private TlsSession? _tls;
    private EndpointId? _expected;
    private Exception? _fault;
    private bool _isWrongPeer;
    private bool _isEstablished;
    private int _turnLeft = Turn;

    // Reused, so that a hand-over allocates nothing.
    private List<QuicStream> _openedTaken = [];
    private List<QuicSendStream> _toSendTaken = [];
    private List<QuicReceiveStream> _toReceiveTaken = [];

    /// <summary>The ngtcp2_conn, or null once it is deleted.</summary>
    internal void* Native { get; private set; }

    /// <summary>True while the connection waits for its turn to send. I/O thread only.</summary>
    internal bool IsActive { get; set; }

    internal IReadOnlyList<ConnectionId> Ids => _ids;

    internal bool IsEstablished => _isEstablished;

    /// <summary>When ngtcp2 wants to be called again, in ns.</summary>
    internal ulong Expiry => Native is null ? NeverExpires : Ngtcp2.GetExpiry(Native);

    internal static QuicConnection From(void* userData) => (QuicConnection)GCHandle.FromIntPtr((nint)userData).Target!;

    /// <summary>Begins to dial.</summary>
    internal static QuicConnection Dial(IoLoop loop, EndpointId expected, IPEndPoint remote, IReadOnlyList<string> protocols, ulong now)
    {
        var connection = new QuicConnection(loop, isServer: false, remote) { _expected = expected };
        NgCid dcid, scid;
        ConnectionId.Randomize(&dcid, 18);
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        connection.Create(protocols, &dcid, &scid, null, now);
        return connection;
    }

    /// <summary>Takes a peer's first packet.</summary>
    internal static QuicConnection Accept(IoLoop loop, IPEndPoint remote, NgPacketHeader* header, IReadOnlyList<string> protocols, ulong now)
    {
        var connection = new QuicConnection(loop, isServer: true, remote);
        NgCid scid;
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        connection.Create(protocols, &header->Scid, &scid, header, now);
        return connection;
    }

    /// <summary>A datagram for this connection.</summary>
    internal void Receive(NgPath* path, byte* packet, int length, ulong now)
    {
        if (Native is null)
            return;
        NgPacketInfo info = default;
        var result = Ngtcp2.ReadPacket(Native, path, (int)Ngtcp2.Version1, &info, packet, (nuint)length, now);
        if (result != 0)
            Fail(result, now);
    }

    /// <summary>Time has passed.</summary>
    internal void HandleExpiry(ulong now)
    {
        var result = Ngtcp2.HandleExpiry(Native, now);
        if (result != 0)
            Fail(result, now);
    }

    /// <summary>Takes what the application handed over.</summary>
    internal void TakeHandOver(ulong now)
    {
        (ulong Code, string Reason)? close;
        int uniCredit, bidiCredit;
        lock (_gate)
        {
            _isHandedOver = false;
            (_opened, _openedTaken) = (_openedTaken, _opened);
            (_toSend, _toSendTaken) = (_toSendTaken, _toSend);
            (_toReceive, _toReceiveTaken) = (_toReceiveTaken, _toReceive);
            (uniCredit, _uniCredit) = (_uniCredit, 0);
            (bidiCredit, _bidiCredit) = (_bidiCredit, 0);
            close = _toClose;
            foreach (var stream in _toSendTaken)
                stream.IsHandedOver = false;
            foreach (var stream in _toReceiveTaken)
                stream.IsHandedOver = false;
        }

        if (Native is not null)
        {
            foreach (var stream in _openedTaken)
                Open(stream);
            foreach (var stream in _toSendTaken)
                TakeSend(stream);
            foreach (var stream in _toReceiveTaken)
                TakeReceive(stream);
            if (uniCredit > 0)
                Ngtcp2.ExtendMaxStreamsUni(Native, (nuint)uniCredit);
            if (bidiCredit > 0)
                Ngtcp2.ExtendMaxStreamsBidi(Native, (nuint)bidiCredit);
            if (close is { } application)
                CloseByApplication(application.Code, application.Reason, now);
        }

        _openedTaken.Clear();
        _toSendTaken.Clear();
        _toReceiveTaken.Clear();
    }

    /// <summary>Ends the connection because the endpoint ends.</summary>
    internal void Shutdown(ulong now)
    {
        if (Native is not null)
            CloseByApplication(0, "", now);
    }

    /// <summary>Called from the TLS verification: the peer has proved that it holds this key.</summary>
    internal bool OnPeerKey(ReadOnlySpan<byte> key)
    {
        var id = new EndpointId(key);
        if (_expected is { } expected && expected != id)
        {
            _isWrongPeer = true;
            return false;
        }

        _remoteId = key.ToArray();
        return true;
    }

    /// <summary>A callback threw: the connection ends with it.</summary>
    internal void OnFault(Exception fault) => _fault ??= fault;

    private void Create(IReadOnlyList<string> protocols, NgCid* dcid, NgCid* scid, NgPacketHeader* header, ulong now)
    {
        _self = GCHandle.Alloc(this);
        var userData = (void*)GCHandle.ToIntPtr(_self);
        try
        {
            _tls = new TlsSession(_loop.Credentials, protocols, IsServer, userData);
            NgSettings settings;
            Ngtcp2.SettingsDefault((int)Ngtcp2.Version1, &settings);
            settings.InitialTimestamp = now;
            settings.HandshakeTimeout = Nanoseconds(Options.HandshakeTimeout);
            // A fast reader's windows grow up to these.
            settings.MaxStreamWindow = (ulong)Math.Max(Options.StreamWindow, Options.ConnectionWindow);
            settings.MaxWindow = (ulong)Options.ConnectionWindow;
            NgTransportParams parameters;
            FillParameters(&parameters);
            if (header is not null)
            {
                settings.Token = header->Token;
                settings.TokenLength = header->TokenLength;
                parameters.OriginalDcid = header->Dcid;
                parameters.OriginalDcidPresent = 1;
                parameters.StatelessResetTokenPresent = 1;
                _ = CryptoGnuTls.GenerateStatelessResetToken(parameters.StatelessResetToken, _loop.ResetSecret, IoLoop.ResetSecretSize, scid);
            }

            NgPathStorage storage;
            FillPath(&storage);
            void* native;
            var callbacks = QuicCallbacks.For(IsServer);
            const int version = (int)Ngtcp2.Version1;
            var result = IsServer
                ? Ngtcp2.ServerNew(&native, dcid, scid, &storage.Path, header->Version, version, &callbacks, version, &settings, version, &parameters, null, userData)
                : Ngtcp2.ClientNew(&native, dcid, scid, &storage.Path, Ngtcp2.Version1, version, &callbacks, version, &settings, version, &parameters, null, userData);
            if (result != 0)
                throw new InvalidOperationException($"ngtcp2 refused to create a connection: {Ngtcp2.Describe(result)}.");
            Native = native;
            Ngtcp2.SetTlsNativeHandle(native, _tls.Handle);
            Ngtcp2.SetKeepAlive(native, Nanoseconds(Options.KeepAlive));
        }
        catch
        {
            _tls?.Dispose();
            _self.Free();
            throw;
        }

        AddId(ConnectionId.From(scid));
        if (header is not null)
            AddId(ConnectionId.From(&header->Dcid));
    }

    private void FillParameters(NgTransportParams* parameters)
    {
        Ngtcp2.TransportParamsDefault((int)Ngtcp2.Version1, parameters);
        parameters->InitialMaxStreamDataBidiLocal = (ulong)Options.StreamWindow;
        parameters->InitialMaxStreamDataBidiRemote = (ulong)Options.StreamWindow;
        parameters->InitialMaxStreamDataUni = (ulong)Options.StreamWindow;
        parameters->InitialMaxData = (ulong)Options.ConnectionWindow;
        parameters->InitialMaxStreamsBidi = (ulong)Options.MaxIncomingBidiStreams;
        parameters->InitialMaxStreamsUni = (ulong)Options.MaxIncomingUniStreams;
        parameters->MaxIdleTimeout = Nanoseconds(Options.IdleTimeout);
        parameters->ActiveConnectionIdLimit = 5;
        // A Rust peer that asks for the datagram size of one without this parameter panics.
        parameters->MaxDatagramFrameSize = 65_535;
    }

    private void FillPath(NgPathStorage* storage)
    {
        NgPathStorage.Initialize(storage);
        storage->Path.Local.Length = UdpAddress.Write(_loop.LocalFor(RemoteEndPoint), storage->LocalBuffer);
        storage->Path.Remote.Length = UdpAddress.Write(RemoteEndPoint, storage->RemoteBuffer);
    }

    private void AddId(ConnectionId id)
    {
        _ids.Add(id);
        _loop.Route(id, this);
    }

    private void Open(QuicStream stream)
    {
        long id;
        var result = stream.IsUni ? Ngtcp2.OpenUni(Native, &id, null) : Ngtcp2.OpenBidi(Native, &id, null);
        if (result != 0 || id != stream.Id)
            throw new InvalidOperationException($"Stream {stream.Id} could not be opened: {(result != 0 ? Ngtcp2.Describe(result) : $"it became {id}")}.");
        _streams.Add(id, stream);
    }

    private void TakeSend(QuicSendStream stream)
    {
        if (!_streams.ContainsKey(stream.Id))
            return;
        if (stream.TakeReset() is { } code)
            _ = Ngtcp2.ShutdownStreamWrite(Native, 0, stream.Id, code);
        else
            PutInLine(stream);
    }

    private void TakeReceive(QuicReceiveStream stream)
    {
        var stop = stream.TakeStop(out var credit);
        if (credit > 0)
        {
            if (_streams.ContainsKey(stream.Id))
                _ = Ngtcp2.ExtendMaxStreamOffset(Native, stream.Id, (ulong)credit);
            Ngtcp2.ExtendMaxOffset(Native, (ulong)credit);
        }

        if (stop is { } code && _streams.ContainsKey(stream.Id))
            _ = Ngtcp2.ShutdownStreamRead(Native, 0, stream.Id, code);
    }

    /// <summary>Streams in both directions carry control messages: they go before group streams.</summary>
    private void PutInLine(QuicSendStream stream)
    {
        if (stream.IsInLine || !stream.HasWork)
            return;
        stream.IsInLine = true;
        (QuicStream.IsUniId(stream.Id) ? _dataLine : _controlLine).Enqueue(stream);
    }

    private void CloseByApplication(ulong code, string reason, ulong now)
    {
        var bytes = Encoding.UTF8.GetBytes(reason);
        var length = Math.Min(bytes.Length, MaxReason);
        fixed (byte* text = bytes)
        {
            NgCloseError error = default;
            Ngtcp2.SetApplicationError(&error, code, text, (nuint)length);
            Finish(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, false), &error, now);
        }
    }

    /// <summary>ngtcp2 has given the connection up, or the peer has.</summary>
    private void Fail(int result, ulong now)
    {
        NgCloseError error = default;
        switch (result)
        {
            case Ngtcp2.Draining:
                Finish(PeersEnd(), null, now);
                return;
            case Ngtcp2.IdleClose or Ngtcp2.HandshakeTimeout:
                Finish(new TransportEnd(TransportEndCause.TimedOut, 0, "", false), null, now);
                return;
            case Ngtcp2.DropConnection or Ngtcp2.Closing or Ngtcp2.Retry:
                Finish(new TransportEnd(TransportEndCause.TransportError, 0, "dropped", false), null, now);
                return;
            case Ngtcp2.Crypto:
                var alert = Ngtcp2.GetTlsAlert(Native);
                Ngtcp2.SetTlsAlert(&error, alert, null, 0);
                break;
            default:
                Ngtcp2.SetLibraryError(&error, result, null, 0);
                break;
        }

        var text = _fault?.Message ?? (_isWrongPeer ? "the peer holds another key than the one that was dialled" : Ngtcp2.Describe(result));
        Finish(new TransportEnd(TransportEndCause.TransportError, error.Code, text, false), &error, now);
    }

    private TransportEnd PeersEnd()
    {
        var error = Ngtcp2.GetCloseError(Native);
        var reason = error->ReasonLength == 0 ? "" : Encoding.UTF8.GetString(error->Reason, (int)error->ReasonLength);
        var cause = error->Type == NgCloseError.Application ? TransportEndCause.ClosedByApplication : TransportEndCause.TransportError;
        return new TransportEnd(cause, error->Code, reason, true);
    }

    /// <summary>Ends the connection: tells the peer if there is something to tell, deletes what is native, and lets everybody who waits know.</summary>
    private void Finish(TransportEnd end, NgCloseError* tell, ulong now)
    {
        byte[]? packet = null;
        if (tell is not null)
            packet = WriteClose(tell, now);
        var quiet = 3 * Math.Max(Ngtcp2.GetPto(Native), 10_000_000);
        Ngtcp2.Delete(Native);
        Native = null;
        _tls!.Dispose();
        _self.Free();
        lock (_gate)
            End = end;
        _loop.Retire(this, packet, now + quiet);

        foreach (var stream in _streams.Values)
        {
            stream.Send?.OnClosed(connectionClosed: true);
            stream.Send?.ReleaseBlocks();
            _ = stream.Receive?.OnClosed();
        }

        lock (_gate)
        {
            // Handed over too late to be opened.
            foreach (var stream in _opened)
            {
                stream.Send?.OnClosed(connectionClosed: true);
                stream.Send?.ReleaseBlocks();
                _ = stream.Receive?.OnClosed();
            }
        }

        _streams.Clear();
        _controlLine.Clear();
        _dataLine.Clear();
        _uni.Close();
        _bidi.Close();
        _incomingUni.End(new TransportClosedException(end));
        _incomingBidi.End(new TransportClosedException(end));
        if (!_isEstablished)
            _established.TryFail(ConnectFailures.From(end, _isWrongPeer, RemoteEndPoint, Options));
        _closed.TrySet(end);
        _loop.OnEnded(this, end, _fault);
    }

    private byte[]? WriteClose(NgCloseError* error, ulong now)
    {
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        NgPacketInfo info;
        var buffer = _loop.Buffer;
        var length = Ngtcp2.WriteConnectionClose(Native, &path.Path, (int)Ngtcp2.Version1, &info, buffer, Ngtcp2.GetMaxPayload(Native), error, now);
        if (length <= 0)
            return null;
        _loop.Send((byte*)path.Path.Remote.Address, path.Path.Remote.Length, buffer, (int)length, (int)length);
        return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;
}
