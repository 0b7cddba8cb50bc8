using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// ngtcp2's callbacks: each finds its connection and hands over. An exception that left one would end the process, so each keeps it for the connection, which ends with it.
/// </summary>
internal static unsafe class QuicCallbacks
{
    /// <summary>The table for one role. What is TLS's comes from ngtcp2's GnuTLS helper, by address.</summary>
    public static NgCallbacks For(bool isServer) => new()
    {
        ClientInitial = isServer ? null : CryptoGnuTls.Callback("client_initial"),
        RecvClientInitial = isServer ? CryptoGnuTls.Callback("recv_client_initial") : null,
        RecvRetry = isServer ? null : CryptoGnuTls.Callback("recv_retry"),
        RecvCryptoData = CryptoGnuTls.Callback("recv_crypto_data"),
        Encrypt = CryptoGnuTls.Callback("encrypt"),
        Decrypt = CryptoGnuTls.Callback("decrypt"),
        HpMask = CryptoGnuTls.Callback("hp_mask"),
        UpdateKey = CryptoGnuTls.Callback("update_key"),
        DeleteCryptoAeadCtx = CryptoGnuTls.Callback("delete_crypto_aead_ctx"),
        DeleteCryptoCipherCtx = CryptoGnuTls.Callback("delete_crypto_cipher_ctx"),
        GetPathChallengeData = CryptoGnuTls.Callback("get_path_challenge_data"),
        VersionNegotiation = CryptoGnuTls.Callback("version_negotiation"),
        Rand = (delegate* unmanaged[Cdecl]<byte*, nuint, void*, void>)&Rand,
        GetNewConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, byte*, nuint, void*, int>)&GetNewConnectionId,
        RemoveConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, void*, int>)&RemoveConnectionId,
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

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Rand(byte* destination, nuint length, void* context) => _ = GnuTls.Random(GnuTls.RandomNonce, destination, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNewConnectionId(void* native, NgCid* cid, byte* token, nuint length, void* userData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            ConnectionId.Randomize(cid, (int)length);
            if (CryptoGnuTls.GenerateStatelessResetToken(token, connection.ResetSecret, IoLoop.ResetSecretSize, cid) != 0)
                return Ngtcp2.CallbackFailure;
            connection.OnNewId(ConnectionId.From(cid));
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RemoveConnectionId(void* native, NgCid* cid, void* userData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnIdRemoved(ConnectionId.From(cid));
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int HandshakeCompleted(void* native, void* userData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnHandshakeCompleted();
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int HandshakeConfirmed(void* native, void* userData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnHandshakeConfirmed();
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RecvStreamData(void* native, uint flags, long id, ulong offset, byte* data, nuint length, void* userData, void* streamData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnStreamData(id, (flags & Ngtcp2.StreamDataFin) != 0, new ReadOnlySpan<byte>(data, (int)length));
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int AckedStreamDataOffset(void* native, long id, ulong offset, ulong length, void* userData, void* streamData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnStreamAcknowledged(id, length);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamOpen(void* native, long id, void* userData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnStreamOpened(id);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamClose(void* native, uint flags, long id, ulong code, void* userData, void* streamData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnStreamClosed(id, (flags & Ngtcp2.StreamCloseCodeSet) != 0 ? code : 0);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StreamReset(void* native, long id, ulong finalSize, ulong code, void* userData, void* streamData)
    {
        var connection = QuicConnection.From(userData);
        try
        {
            connection.OnStreamReset(id, code);
            return 0;
        }
        catch (Exception fault)
        {
            return Keep(connection, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxLocalStreamsUni(void* native, ulong streams, void* userData)
    {
        QuicConnection.From(userData).OnUniLimit(streams);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxLocalStreamsBidi(void* native, ulong streams, void* userData)
    {
        QuicConnection.From(userData).OnBidiLimit(streams);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ExtendMaxStreamData(void* native, long id, ulong limit, void* userData, void* streamData)
    {
        QuicConnection.From(userData).OnStreamCredit(id);
        return 0;
    }

    private static int Keep(QuicConnection connection, Exception fault)
    {
        connection.OnFault(fault);
        return Ngtcp2.CallbackFailure;
    }
}
