using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>Represents the native gnutls_datum_t structure, a byte buffer.</summary>
internal unsafe struct GnuTlsDatum
{
    public byte* Data;
    public uint Size;
}

/// <summary>Declares the used functions and constants of GnuTLS. See gnutls.h and abstract.h.</summary>
internal static unsafe partial class GnuTls
{
    public const string Library = "libgnutls.so.30";

    public const uint Server = 1;
    public const uint Client = 1 << 1;
    public const uint EnableRawPublicKeys = 1 << 18;
    public const uint NoAutoSendTicket = 1 << 21;
    public const uint NoEndOfEarlyData = 1 << 22;
    public const int CredentialsCertificate = 1;
    public const int FormatDer = 0;
    public const int CertificateRequire = 2;
    public const int CertificateTypeRawPublicKey = 3;
    public const int CertificateTypePeers = 3;
    public const int AlpnMandatory = 1;
    public const int AlpnServerPrecedence = 2;
    public const int KeyDigitalSignature = 128;
    public const int CertificateError = -43;
    public const int RandomNonce = 0;

    [LibraryImport(Library, EntryPoint = "gnutls_init")]
    public static partial int Init(void** session, uint flags);

    [LibraryImport(Library, EntryPoint = "gnutls_deinit")]
    public static partial void Deinit(void* session);

    [LibraryImport(Library, EntryPoint = "gnutls_priority_init2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PriorityInit(void** priority, string text, byte** errorAt, uint flags);

    [LibraryImport(Library, EntryPoint = "gnutls_priority_deinit")]
    public static partial void PriorityDeinit(void* priority);

    [LibraryImport(Library, EntryPoint = "gnutls_priority_set")]
    public static partial int PrioritySet(void* session, void* priority);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_allocate_credentials")]
    public static partial int AllocateCredentials(void** credentials);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_free_credentials")]
    public static partial void FreeCredentials(void* credentials);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_set_rawpk_key_mem")]
    public static partial int SetRawPublicKey(
        void* credentials, GnuTlsDatum* spki, GnuTlsDatum* privateKey, int format, byte* password, uint usage, byte** names, uint nameCount,
        uint flags);

    [LibraryImport(Library, EntryPoint = "gnutls_credentials_set")]
    public static partial int SetCredentials(void* session, int type, void* credentials);

    [LibraryImport(Library, EntryPoint = "gnutls_session_set_ptr")]
    public static partial void SetPointer(void* session, void* pointer);

    [LibraryImport(Library, EntryPoint = "gnutls_session_get_ptr")]
    public static partial void* GetPointer(void* session);

    [LibraryImport(Library, EntryPoint = "gnutls_session_set_verify_function")]
    public static partial void SetVerifyFunction(void* session, delegate* unmanaged[Cdecl]<void*, int> verify);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_server_set_request")]
    public static partial void SetClientCertificateRequest(void* session, int request);

    [LibraryImport(Library, EntryPoint = "gnutls_alpn_set_protocols")]
    public static partial int SetAlpn(void* session, GnuTlsDatum* protocols, uint count, uint flags);

    [LibraryImport(Library, EntryPoint = "gnutls_alpn_get_selected_protocol")]
    public static partial int GetAlpn(void* session, GnuTlsDatum* protocol);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_type_get2")]
    public static partial int GetCertificateType(void* session, int target);

    [LibraryImport(Library, EntryPoint = "gnutls_certificate_get_peers")]
    public static partial GnuTlsDatum* GetPeerCertificates(void* session, uint* count);

    [LibraryImport(Library, EntryPoint = "gnutls_rnd")]
    public static partial int Random(int level, void* destination, nuint length);

    [LibraryImport(Library, EntryPoint = "gnutls_strerror")]
    public static partial byte* ErrorText(int code);

    /// <summary>Throws an exception if the result of a GnuTLS function is negative, that is, an error code.</summary>
    public static void Check(int result, string step)
    {
        if (result < 0)
            throw new InvalidOperationException(
                $"GnuTLS refused to {step}: {Marshal.PtrToStringUTF8((nint)ErrorText(result))} ({result}).");
    }
}
