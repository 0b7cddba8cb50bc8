using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>
/// Declares the used functions and constants of libngtcp2. A function that the header defines as a macro is bound by its versioned name.
/// See ngtcp2.h.
/// </summary>
internal static unsafe partial class Ngtcp2
{
    public const string Library = "libngtcp2.so.16";
    public const uint Version1 = 1;

    public const int Reno = 0;
    public const int Cubic = 1;
    public const int Bbr = 2;

    public const int StreamDataFin = 1;
    public const int StreamCloseCodeSet = 1;
    public const int ConnectionIdActivated = 0;
    public const int PathValidationSucceeded = 0;
    public const int TokenOfRetry = 1;
    public const uint WriteMore = 1;
    public const uint WriteFin = 2;

    public const int InvalidArgument = -201;
    public const int NoBuffer = -202;
    public const int InvalidState = -204;
    public const int StreamIdBlocked = -206;
    public const int StreamInUse = -207;
    public const int StreamDataBlocked = -208;
    public const int Crypto = -213;
    public const int StreamShutWrite = -219;
    public const int StreamNotFound = -220;
    public const int ReceivedVersionNegotiation = -222;
    public const int Closing = -223;
    public const int Draining = -224;
    public const int DiscardPacket = -226;
    public const int ConnectionIdBlocked = -227;
    public const int HasMoreRoom = -230;
    public const int Retry = -231;
    public const int DropConnection = -232;
    public const int VersionNegotiation = -235;
    public const int HandshakeTimeout = -236;
    public const int IdleClose = -238;
    public const int NoMemory = -501;
    public const int CallbackFailure = -502;

    private const int VersionWithSettings2 = 0x010400;

    private static readonly Lazy<int> LazySettingsVersion = new(static () => Version(0)->VersionNumber >= VersionWithSettings2 ? 2 : 1);

    /// <summary>
    /// Gets the version of <see cref="NgSettings"/> that the library knows, 1 or 2. A version that it does not know would end the process.
    /// </summary>
    public static int SettingsVersion => LazySettingsVersion.Value;

    [LibraryImport(Library, EntryPoint = "ngtcp2_version")]
    public static partial NgInfo* Version(int least);

    [LibraryImport(Library, EntryPoint = "ngtcp2_settings_default_versioned")]
    public static partial void SettingsDefault(int version, NgSettings* settings);

    [LibraryImport(Library, EntryPoint = "ngtcp2_transport_params_default_versioned")]
    public static partial void TransportParamsDefault(int version, NgTransportParams* parameters);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_client_new_versioned")]
    public static partial int ClientNew(
        void** connection, NgCid* dcid, NgCid* scid, NgPath* path, uint quicVersion, int callbacksVersion, NgCallbacks* callbacks,
        int settingsVersion, NgSettings* settings, int paramsVersion, NgTransportParams* parameters, void* memory, void* userData);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_server_new_versioned")]
    public static partial int ServerNew(
        void** connection, NgCid* dcid, NgCid* scid, NgPath* path, uint quicVersion, int callbacksVersion, NgCallbacks* callbacks,
        int settingsVersion, NgSettings* settings, int paramsVersion, NgTransportParams* parameters, void* memory, void* userData);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_del")]
    public static partial void Delete(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_set_tls_native_handle")]
    public static partial void SetTlsNativeHandle(void* connection, void* tls);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_set_keep_alive_timeout")]
    public static partial void SetKeepAlive(void* connection, ulong nanoseconds);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_read_pkt_versioned")]
    public static partial int ReadPacket(
        void* connection, NgPath* path, int infoVersion, NgPacketInfo* info, byte* packet, nuint length, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_writev_stream_versioned")]
    public static partial nint WriteStream(
        void* connection, NgPath* path, int infoVersion, NgPacketInfo* info, byte* destination, nuint length, nint* written, uint flags,
        long stream,
        NgVec* data, nuint count, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_writev_datagram_versioned")]
    public static partial nint WriteDatagram(
        void* connection, NgPath* path, int infoVersion, NgPacketInfo* info, byte* destination, nuint length, int* accepted, uint flags,
        ulong id, NgVec* data, nuint count, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_remote_transport_params")]
    public static partial NgTransportParams* GetRemoteTransportParams(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_write_connection_close_versioned")]
    public static partial nint WriteConnectionClose(
        void* connection, NgPath* path, int infoVersion, NgPacketInfo* info, byte* destination, nuint length, NgCloseError* error,
        ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_after_retry")]
    [SuppressGCTransition]
    public static partial int IsAfterRetry(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_update_pkt_tx_time")]
    [SuppressGCTransition]
    public static partial void UpdatePacketTxTime(void* connection, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_expiry")]
    [SuppressGCTransition]
    public static partial ulong GetExpiry(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_handle_expiry")]
    public static partial int HandleExpiry(void* connection, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_pto")]
    [SuppressGCTransition]
    public static partial ulong GetPto(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_conn_info_versioned")]
    [SuppressGCTransition]
    public static partial void GetConnectionInfo(void* connection, int version, NgConnectionInfo* info);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_path")]
    [SuppressGCTransition]
    public static partial NgPath* GetPath(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_dcid")]
    [SuppressGCTransition]
    public static partial NgCid* GetDcid(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_initiate_immediate_migration")]
    public static partial int InitiateImmediateMigration(void* connection, NgPath* path, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_path_max_tx_udp_payload_size")]
    [SuppressGCTransition]
    public static partial nuint GetPathMaxPayload(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_max_tx_udp_payload_size")]
    [SuppressGCTransition]
    public static partial nuint GetMaxPayload(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_send_quantum")]
    [SuppressGCTransition]
    public static partial nuint GetSendQuantum(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_max_data_left")]
    [SuppressGCTransition]
    public static partial ulong GetMaxDataLeft(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_open_bidi_stream")]
    public static partial int OpenBidi(void* connection, long* stream, void* userData);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_open_uni_stream")]
    public static partial int OpenUni(void* connection, long* stream, void* userData);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_extend_max_stream_offset")]
    [SuppressGCTransition]
    public static partial int ExtendMaxStreamOffset(void* connection, long stream, ulong count);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_extend_max_offset")]
    [SuppressGCTransition]
    public static partial void ExtendMaxOffset(void* connection, ulong count);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_extend_max_streams_bidi")]
    [SuppressGCTransition]
    public static partial void ExtendMaxStreamsBidi(void* connection, nuint count);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_extend_max_streams_uni")]
    [SuppressGCTransition]
    public static partial void ExtendMaxStreamsUni(void* connection, nuint count);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_shutdown_stream_write")]
    public static partial int ShutdownStreamWrite(void* connection, uint flags, long stream, ulong code);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_shutdown_stream_read")]
    public static partial int ShutdownStreamRead(void* connection, uint flags, long stream, ulong code);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_initiate_key_update")]
    public static partial int InitiateKeyUpdate(void* connection, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_tls_alert")]
    public static partial byte GetTlsAlert(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_conn_get_ccerr")]
    public static partial NgCloseError* GetCloseError(void* connection);

    [LibraryImport(Library, EntryPoint = "ngtcp2_ccerr_set_liberr")]
    public static partial void SetLibraryError(NgCloseError* error, int code, byte* reason, nuint length);

    [LibraryImport(Library, EntryPoint = "ngtcp2_ccerr_set_tls_alert")]
    public static partial void SetTlsAlert(NgCloseError* error, byte alert, byte* reason, nuint length);

    [LibraryImport(Library, EntryPoint = "ngtcp2_ccerr_set_transport_error")]
    public static partial void SetTransportError(NgCloseError* error, ulong code, byte* reason, nuint length);

    [LibraryImport(Library, EntryPoint = "ngtcp2_ccerr_set_application_error")]
    public static partial void SetApplicationError(NgCloseError* error, ulong code, byte* reason, nuint length);

    [LibraryImport(Library, EntryPoint = "ngtcp2_strerror")]
    public static partial byte* ErrorText(int code);

    [LibraryImport(Library, EntryPoint = "ngtcp2_pkt_decode_version_cid")]
    [SuppressGCTransition]
    public static partial int DecodeVersionCid(NgVersionCid* decoded, byte* packet, nuint length, nuint shortCidLength);

    [LibraryImport(Library, EntryPoint = "ngtcp2_pkt_write_version_negotiation")]
    public static partial nint WriteVersionNegotiation(
        byte* destination, nuint length, byte random, byte* dcid, nuint dcidLength, byte* scid, nuint scidLength, uint* versions,
        nuint count);

    [LibraryImport(Library, EntryPoint = "ngtcp2_pkt_write_stateless_reset")]
    public static partial nint WriteStatelessReset(byte* destination, nuint length, byte* token, byte* random, nuint randomLength);

    [LibraryImport(Library, EntryPoint = "ngtcp2_accept")]
    public static partial int Accept(NgPacketHeader* header, byte* packet, nuint length);

    /// <summary>Returns the description that ngtcp2 has for one of its error codes.</summary>
    public static string Describe(int code) => Marshal.PtrToStringUTF8((nint)ErrorText(code)) ?? $"error {code}";
}
