using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the callbacks that ngtcp2 calls. Each callback finds its connection and calls a method of it. An exception that escaped a
/// callback would terminate the process, so each callback catches exceptions and stores the exception in the connection, which then ends.
/// </summary>
internal static unsafe class CoreCallbacks
{
    private const int TagLength = 16;

    private static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<
        byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int> GnuTlsDecrypt =
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int>)CryptoGnuTls.Callback("decrypt");

    [ThreadStatic]
    private static List<(long Stream, ulong Code)>? _stops;

    /// <summary>Gets the STOP_SENDING frames in the packets that this thread has decrypted since the list was last cleared.</summary>
    public static List<(long Stream, ulong Code)> Stops => _stops ??= [];

    /// <summary>
    /// Creates the callback table of a client or a server. The TLS callbacks are functions of the ngtcp2 GnuTLS helper library.
    /// </summary>
    public static NgCallbacks For(bool isServer) => new()
    {
        ClientInitial = isServer ? null : CryptoGnuTls.Callback("client_initial"),
        RecvClientInitial = isServer ? CryptoGnuTls.Callback("recv_client_initial") : null,
        RecvRetry = isServer ? null : CryptoGnuTls.Callback("recv_retry"),
        RecvCryptoData = CryptoGnuTls.Callback("recv_crypto_data"),
        Encrypt = CryptoGnuTls.Callback("encrypt"),
        Decrypt = (delegate* unmanaged[Cdecl]<byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int>)&Decrypt,
        HpMask = CryptoGnuTls.Callback("hp_mask"),
        UpdateKey = CryptoGnuTls.Callback("update_key"),
        DeleteCryptoAeadCtx = CryptoGnuTls.Callback("delete_crypto_aead_ctx"),
        DeleteCryptoCipherCtx = CryptoGnuTls.Callback("delete_crypto_cipher_ctx"),
        RecvDatagram = (delegate* unmanaged[Cdecl]<void*, uint, byte*, nuint, void*, int>)&RecvDatagram,
        PathValidation = (delegate* unmanaged[Cdecl]<void*, uint, NgPath*, NgPath*, int, void*, int>)&PathValidation,
        GetPathChallengeData = CryptoGnuTls.Callback("get_path_challenge_data"),
        VersionNegotiation = CryptoGnuTls.Callback("version_negotiation"),
        RecvStatelessReset = (delegate* unmanaged[Cdecl]<void*, void*, void*, int>)&RecvStatelessReset,
        Rand = (delegate* unmanaged[Cdecl]<byte*, nuint, void*, void>)&Rand,
        GetNewConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, byte*, nuint, void*, int>)&GetNewConnectionId,
        RemoveConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, void*, int>)&RemoveConnectionId,
        DcidStatus = (delegate* unmanaged[Cdecl]<void*, int, ulong, NgCid*, byte*, void*, int>)&PeerIdStatus,
        HandshakeCompleted = (delegate* unmanaged[Cdecl]<void*, void*, int>)&HandshakeCompleted,
        HandshakeConfirmed = (delegate* unmanaged[Cdecl]<void*, void*, int>)&HandshakeConfirmed,
        RecvStreamData = (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, byte*, nuint, void*, void*, int>)&RecvStreamData,
        AckedStreamDataOffset = (delegate* unmanaged[Cdecl]<void*, long, ulong, ulong, void*, void*, int>)&AckedStreamDataOffset,
        StreamOpen = (delegate* unmanaged[Cdecl]<void*, long, void*, int>)&StreamOpen,
        StreamClose = (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, void*, void*, int>)&StreamClose,
        StreamReset = (delegate* unmanaged[Cdecl]<void*, long, ulong, ulong, void*, void*, int>)&StreamReset,
        ExtendMaxLocalStreamsUni = (delegate* unmanaged[Cdecl]<void*, ulong, void*, int>)&ExtendMaxLocalStreamsUni,
        ExtendMaxLocalStreamsBidi = (delegate* unmanaged[Cdecl]<void*, ulong, void*, int>)&ExtendMaxLocalStreamsBidi,
        ExtendMaxStreamData = (delegate* unmanaged[Cdecl]<void*, long, ulong, void*, void*, int>)&ExtendMaxStreamData,
    };

    // These random numbers need not be secret: ngtcp2 uses them to randomize timers and to grease bits. Secret random numbers are generated
    // elsewhere, where errors are checked.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Rand(byte* destination, nuint length, void* context) => _ = GnuTls.Random(GnuTls.RandomNonce, destination, length);

    /// <summary>
    /// Decrypts a packet with GnuTLS, and scans the plaintext for STOP_SENDING frames, which ngtcp2 does not report.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Decrypt(
        byte* destination, void* aead, void* context, byte* cipher, nuint length, byte* nonce, nuint nonceLength, byte* header,
        nuint headerLength)
    {
        var result = GnuTlsDecrypt(destination, aead, context, cipher, length, nonce, nonceLength, header, headerLength);
        if (result != 0 || length <= TagLength)
            return result;
        try
        {
            StopScan.Find(new ReadOnlySpan<byte>(destination, (int)length - TagLength), Stops);
            return 0;
        }
        catch (Exception)
        {
            // The callback does not know its connection, so that the exception cannot be kept. It fails as a whole.
            return Ngtcp2.CallbackFailure;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RecvStatelessReset(void* native, void* reset, void* userData)
    {
        CoreOf(userData).OnStatelessReset();
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNewConnectionId(void* native, NgCid* cid, byte* token, nuint length, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            return core.Ids.TryIssue(cid, (int)length, token) ? 0 : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RemoveConnectionId(void* native, NgCid* cid, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.Ids.OnRetired(ConnectionId.From(cid));
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int PeerIdStatus(void* native, int status, ulong sequence, NgCid* cid, byte* token, void* userData)
    {
        if (token is null)
            return 0;
        var core = CoreOf(userData);
        try
        {
            core.Ids.OnPeerToken(new ReadOnlySpan<byte>(token, ResetToken.Size), isActive: status == Ngtcp2.ConnectionIdActivated);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int HandshakeCompleted(void* native, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            return core.OnHandshakeCompleted() ? 0 : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int HandshakeConfirmed(void* native, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.OnHandshakeConfirmed();
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RecvStreamData(
        void* native, uint flags, long id, ulong offset, byte* data, nuint length, void* userData, void* streamData)
    {
        var core = CoreOf(userData);
        try
        {
            return core.Streams.OnData(id, (flags & Ngtcp2.StreamDataFin) != 0, new ReadOnlySpan<byte>(data, (int)length))
                ? 0
                : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int AckedStreamDataOffset(void* native, long id, ulong offset, ulong length, void* userData, void* streamData)
    {
        var core = CoreOf(userData);
        try
        {
            core.OnAcknowledged(id, offset, length);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamOpen(void* native, long id, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.Streams.OnOpened(id);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamClose(void* native, uint flags, long id, ulong code, void* userData, void* streamData)
    {
        var core = CoreOf(userData);
        try
        {
            core.Streams.OnClosed(id, (flags & Ngtcp2.StreamCloseCodeSet) != 0 ? code : 0);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamReset(void* native, long id, ulong finalSize, ulong code, void* userData, void* streamData)
    {
        var core = CoreOf(userData);
        try
        {
            core.Streams.OnReset(id, code);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxLocalStreamsUni(void* native, ulong streams, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.OnStreamLimit(isUni: true, streams);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxLocalStreamsBidi(void* native, ulong streams, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.OnStreamLimit(isUni: false, streams);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RecvDatagram(void* native, uint flags, byte* data, nuint length, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            core.OnDatagram(new ReadOnlySpan<byte>(data, (int)length));
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int PathValidation(void* native, uint flags, NgPath* path, NgPath* oldPath, int result, void* userData)
    {
        var core = CoreOf(userData);
        try
        {
            if (result == Ngtcp2.PathValidationSucceeded)
                core.OnPathValidated();
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxStreamData(void* native, long id, ulong limit, void* userData, void* streamData)
    {
        var core = CoreOf(userData);
        try
        {
            core.Streams.OnCredit(id);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(core, fault);
        }
    }

    private static QuicCore CoreOf(void* userData) => (QuicCore)NativeConnection.OwnerOf(userData);

    private static int Keep(QuicCore core, Exception fault)
    {
        core.OnFault(fault);
        return Ngtcp2.CallbackFailure;
    }
}
