using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Creates the table of the callbacks that ngtcp2 calls. Each callback finds its connection and calls a method of it. Callbacks catch all
/// exceptions; see <see cref="CallbackOwner"/>.
/// </summary>
internal static unsafe class CoreCallbacks
{
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
        Decrypt = (delegate* unmanaged[Cdecl]<byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int>)&PacketDecryption.Decrypt,
        HpMask = CryptoGnuTls.Callback("hp_mask"),
        UpdateKey = CryptoGnuTls.Callback("update_key"),
        DeleteCryptoAeadCtx = CryptoGnuTls.Callback("delete_crypto_aead_ctx"),
        DeleteCryptoCipherCtx = CryptoGnuTls.Callback("delete_crypto_cipher_ctx"),
        RecvDatagram = (delegate* unmanaged[Cdecl]<void*, uint, byte*, nuint, void*, int>)&ConnectionCallbacks.RecvDatagram,
        PathValidation = (delegate* unmanaged[Cdecl]<void*, uint, NgPath*, NgPath*, int, void*, int>)&ConnectionCallbacks.PathValidation,
        GetPathChallengeData = CryptoGnuTls.Callback("get_path_challenge_data"),
        VersionNegotiation = CryptoGnuTls.Callback("version_negotiation"),
        RecvStatelessReset = (delegate* unmanaged[Cdecl]<void*, void*, void*, int>)&ConnectionCallbacks.RecvStatelessReset,
        Rand = (delegate* unmanaged[Cdecl]<byte*, nuint, void*, void>)&ConnectionCallbacks.Rand,
        GetNewConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, byte*, nuint, void*, int>)&ConnectionCallbacks.GetNewConnectionId,
        RemoveConnectionId = (delegate* unmanaged[Cdecl]<void*, NgCid*, void*, int>)&ConnectionCallbacks.RemoveConnectionId,
        DcidStatus = (delegate* unmanaged[Cdecl]<void*, int, ulong, NgCid*, byte*, void*, int>)&ConnectionCallbacks.PeerIdStatus,
        HandshakeCompleted = (delegate* unmanaged[Cdecl]<void*, void*, int>)&ConnectionCallbacks.HandshakeCompleted,
        HandshakeConfirmed = (delegate* unmanaged[Cdecl]<void*, void*, int>)&ConnectionCallbacks.HandshakeConfirmed,
        RecvStreamData =
            (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, byte*, nuint, void*, void*, int>)&StreamCallbacks.RecvStreamData,
        AckedStreamDataOffset =
            (delegate* unmanaged[Cdecl]<void*, long, ulong, ulong, void*, void*, int>)&StreamCallbacks.AckedStreamDataOffset,
        StreamOpen = (delegate* unmanaged[Cdecl]<void*, long, void*, int>)&StreamCallbacks.StreamOpen,
        StreamClose = (delegate* unmanaged[Cdecl]<void*, uint, long, ulong, void*, void*, int>)&StreamCallbacks.StreamClose,
        StreamReset = (delegate* unmanaged[Cdecl]<void*, long, ulong, ulong, void*, void*, int>)&StreamCallbacks.StreamReset,
        ExtendMaxLocalStreamsUni = (delegate* unmanaged[Cdecl]<void*, ulong, void*, int>)&StreamCallbacks.ExtendMaxLocalStreamsUni,
        ExtendMaxLocalStreamsBidi = (delegate* unmanaged[Cdecl]<void*, ulong, void*, int>)&StreamCallbacks.ExtendMaxLocalStreamsBidi,
        ExtendMaxStreamData = (delegate* unmanaged[Cdecl]<void*, long, ulong, void*, void*, int>)&StreamCallbacks.ExtendMaxStreamData,
    };
}
