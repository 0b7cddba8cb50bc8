using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Load;

/// <summary>Creates the ngtcp2 connection and handles its callbacks.</summary>
internal sealed unsafe partial class Floor
{
    private static Floor From(void* userData) => (Floor)GCHandle.FromIntPtr((nint)userData).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetConn(NgConnRef* reference) => From(reference->UserData)._connection;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Verify(void* session) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Rand(byte* destination, nuint length, void* context) => _ = GnuTls.Random(GnuTls.RandomNonce, destination, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int NewId(void* connection, NgCid* cid, byte* token, nuint length, void* userData)
    {
        ConnectionId.Randomize(cid, (int)length);
        return GnuTls.Random(GnuTls.RandomNonce, token, 16);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Confirmed(void* connection, void* userData)
    {
        From(userData)._confirmed = true;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Data(void* connection, uint flags, long id, ulong offset, byte* data, nuint length, void* userData, void* streamData)
    {
        var floor = From(userData);
        floor._meter ??= floor.CreateMeter();
        floor._meter.Count((long)length);
        floor._received += (long)length;
        floor._done |= (flags & Ngtcp2.StreamDataFin) != 0;
        _ = Ngtcp2.ExtendMaxStreamOffset(connection, id, length);
        Ngtcp2.ExtendMaxOffset(connection, length);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Closed(void* connection, uint flags, long id, ulong code, void* userData, void* streamData)
    {
        From(userData)._done = true;
        return 0;
    }

    private void Create(NgPacketHeader* header, ulong now)
    {
        var isServer = header is not null;
        _self = GCHandle.Alloc(this);
        var userData = (void*)GCHandle.ToIntPtr(_self);
        _reference->GetConn = &GetConn;
        _reference->UserData = userData;
        void* tls;
        var role = isServer ? GnuTls.Server | GnuTls.NoAutoSendTicket : GnuTls.Client;
        GnuTls.Check(GnuTls.Init(&tls, role | GnuTls.EnableRawPublicKeys | GnuTls.NoEndOfEarlyData), "open a session");
        _tls = tls;
        GnuTls.Check(GnuTls.PrioritySet(tls, _credentials.Priority), "set priorities");
        GnuTls.Check(isServer ? CryptoGnuTls.ConfigureServerSession(tls) : CryptoGnuTls.ConfigureClientSession(tls), "be used for QUIC");
        GnuTls.Check(GnuTls.SetCredentials(tls, GnuTls.CredentialsCertificate, _credentials.Credentials), "set credentials");
        GnuTls.SetVerifyFunction(tls, &Verify);
        fixed (byte* protocol = Protocol)
        {
            var datum = new GnuTlsDatum { Data = protocol, Size = (uint)Protocol.Length };
            GnuTls.Check(GnuTls.SetAlpn(tls, &datum, 1, GnuTls.AlpnMandatory), "set the protocol");
        }

        GnuTls.SetPointer(tls, _reference);
        var callbacks = CoreCallbacks.For(isServer) with
        {
            Decrypt = CryptoGnuTls.Callback("decrypt"),
            Rand = (delegate* unmanaged[Cdecl]<byte*, nuint, void*, void>)&Rand,
            GetNewConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, byte*, nuint, void*, int>)&NewId,
            HandshakeConfirmed = (delegate* unmanaged[Cdecl]<void*, void*, int>)&Confirmed,
            RecvStreamData = (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, byte*, nuint, void*, void*, int>)&Data,
            StreamClose = (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, void*, void*, int>)&Closed,
            RemoveConnectionId = null,
            DcidStatus = null,
            RecvStatelessReset = null,
            HandshakeCompleted = null,
            AckedStreamDataOffset = null,
            StreamOpen = null,
            StreamReset = null,
            StreamStopSending = null,
            ExtendMaxLocalStreamsUni = null,
            ExtendMaxLocalStreamsBidi = null,
            ExtendMaxStreamData = null,
        };
        NgSettings settings;
        Ngtcp2.SettingsDefault(1, &settings);
        settings.InitialTimestamp = now;
        settings.MaxWindow = 64 << 20;
        settings.MaxStreamWindow = 32 << 20;
        NgTransportParams parameters;
        Ngtcp2.TransportParamsDefault(1, &parameters);
        parameters.InitialMaxStreamsUni = 100;
        parameters.InitialMaxData = 16 << 20;
        parameters.InitialMaxStreamDataUni = 8 << 20;
        parameters.MaxIdleTimeout = 30_000_000_000;
        NgCid dcid, scid;
        ConnectionId.Randomize(&dcid, 18);
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        if (isServer)
        {
            dcid = header->Scid;
            parameters.OriginalDcid = header->Dcid;
            parameters.OriginalDcidPresent = 1;
        }

        NgPathStorage path;
        FillPath(&path);
        void* connection;
        var result = isServer
            ? Ngtcp2.ServerNew(
                &connection, &dcid, &scid, &path.Path, header->Version, 1, &callbacks, 1, &settings, 1, &parameters, null, userData)
            : Ngtcp2.ClientNew(&connection, &dcid, &scid, &path.Path, 1, 1, &callbacks, 1, &settings, 1, &parameters, null, userData);
        if (result != 0)
            throw new InvalidOperationException(Ngtcp2.Describe(result));
        _connection = connection;
        Ngtcp2.SetTlsNativeHandle(connection, tls);
    }

    private void FillPath(NgPathStorage* path) =>
        NativePath.Write(new NetworkPath(_socket.Addresses[0], _remote), path);
}
