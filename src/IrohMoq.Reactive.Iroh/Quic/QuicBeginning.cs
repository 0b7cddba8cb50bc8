using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>Contains the creation of a connection, by a dial or from the first packet of a peer.</summary>
internal sealed unsafe partial class QuicConnection
{
    /// <summary>
    /// The length in bytes of the random destination connection id that a client uses in its first packets, before the server has issued an
    /// id.
    /// </summary>
    private const int FirstIdLength = 18;

    private const int MostStreamWindow = 4 << 20;

    /// <summary>
    /// Creates the client side of a connection to a peer. The first packet is sent when the I/O thread flushes the connection.
    /// </summary>
    internal static QuicConnection Dial(IoLoop loop, EndpointId expected, IPEndPoint remote, IReadOnlyList<string> protocols, ulong now)
    {
        var connection = new QuicConnection(loop, isServer: false, remote) { _expected = expected };
        NgCid dcid, scid;
        ConnectionId.Randomize(&dcid, FirstIdLength);
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        connection.Create(protocols, &dcid, &scid, null, now);
        return connection;
    }

    /// <summary>Creates the server side of a connection from the header of the first packet of a peer.</summary>
    internal static QuicConnection Accept(
        IoLoop loop, IPEndPoint remote, NgPacketHeader* header, IReadOnlyList<string> protocols, ulong now)
    {
        var connection = new QuicConnection(loop, isServer: true, remote);
        NgCid scid;
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        connection.Create(protocols, &header->Scid, &scid, header, now);
        return connection;
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;

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
            // The flow control windows of a fast reader grow up to these values. The limit for a stream is smaller, because a stream whose
            // credit is withheld later buffers that much.
            settings.MaxStreamWindow = (ulong)Math.Max(Options.StreamWindow, Math.Min(Options.ConnectionWindow, MostStreamWindow));
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
                _ = CryptoGnuTls.GenerateStatelessResetToken(
                    parameters.StatelessResetToken, _loop.ResetSecret, Iroh.ResetSecret.Size, scid);
            }

            NgPathStorage storage;
            FillPath(&storage);
            void* native;
            var callbacks = QuicCallbacks.For(IsServer);
            const int version = (int)Ngtcp2.Version1;
            var result = IsServer
                ? Ngtcp2.ServerNew(
                    &native, dcid, scid, &storage.Path, header->Version, version, &callbacks, version, &settings, version, &parameters,
                    null, userData)
                : Ngtcp2.ClientNew(
                    &native, dcid, scid, &storage.Path, Ngtcp2.Version1, version, &callbacks, version, &settings, version, &parameters,
                    null, userData);
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
        // A Rust peer that queries the maximum datagram size panics if this parameter is missing.
        parameters->MaxDatagramFrameSize = 65_535;
    }

    private void FillPath(NgPathStorage* storage)
    {
        NgPathStorage.Initialize(storage);
        storage->Path.Local.Length = UdpAddress.Write(_loop.LocalEndPoint, storage->LocalBuffer);
        storage->Path.Remote.Length = UdpAddress.Write(RemoteEndPoint, storage->RemoteBuffer);
    }

    private void AddId(ConnectionId id)
    {
        _ids.Add(id);
        _loop.Route(id, this);
    }

}
