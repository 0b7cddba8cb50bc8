using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Replaces the key of an endpoint by the neutral element of the curve. Nobody needs a private key to sign for it: the signature whose
/// point is the neutral element and whose number is 0 is valid for each text, and GnuTLS accepts it.
/// </summary>
internal static unsafe partial class WeakCredentials
{
    private const int SignatureSize = 64;
    private const uint SkipKeyMatch = 1;
    private const uint InfoAlgorithm = 1;
    private const uint InfoSignAlgorithm = 1 << 1;
    private const uint InfoHasSignAlgorithm = 1 << 2;
    private const uint InfoBits = 1 << 3;
    private const int Ed25519 = 7;
    private const int SignEd25519 = 35;
    private const int Bits = 256;

    /// <summary>Gets the neutral element: y is 1.</summary>
    public static byte[] Key { get; } = [1, .. new byte[EndpointId.Size - 1]];

    /// <summary>Lets an endpoint prove that it holds <see cref="Key"/> in all later handshakes.</summary>
    public static void Apply(IrohEndpoint endpoint)
    {
        var credentials = endpoint.Loop.Settings.Credentials.Credentials;
        void* key;
        GnuTls.Check(InitKey(&key), "create a key");
        GnuTls.Check(ImportKey(key, null, &Sign, null, null, null, &Describe, 0), "use a function as a key");
        PublicKey publicKey = default;
        byte[] spki = [.. RawKeyCredentials.SpkiPrefix, .. Key];
        fixed (byte* bytes = spki)
        {
            var datum = new GnuTlsDatum { Data = bytes, Size = (uint)spki.Length };
            GnuTls.Check(ImportPublicKey(&publicKey, &datum, GnuTls.FormatDer, GnuTls.KeyDigitalSignature, 0), "take a weak key");
        }

        FreeKeys(credentials);
        SetFlags(credentials, SkipKeyMatch);
        GnuTls.Check(SetKey(credentials, null, 0, &publicKey, 1, key), "present a weak key");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sign(void* key, int algorithm, void* userData, uint flags, GnuTlsDatum* data, GnuTlsDatum* signature)
    {
        // GnuTLS releases the memory with free.
        signature->Data = (byte*)NativeMemory.AllocZeroed(SignatureSize);
        signature->Data[0] = 1;
        signature->Size = SignatureSize;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Describe(void* key, uint flags, void* userData)
    {
        if ((flags & InfoAlgorithm) != 0)
            return Ed25519;
        if ((flags & InfoSignAlgorithm) != 0)
            return SignEd25519;
        if ((flags & InfoHasSignAlgorithm) != 0)
            return 1;
        return (flags & InfoBits) != 0 ? Bits : -1;
    }

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_privkey_init")]
    private static partial int InitKey(void** key);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_privkey_import_ext4")]
    private static partial int ImportKey(
        void* key, void* userData, delegate* unmanaged[Cdecl]<void*, int, void*, uint, GnuTlsDatum*, GnuTlsDatum*, int> sign,
        void* signHash, void* decrypt, void* release, delegate* unmanaged[Cdecl]<void*, uint, void*, int> describe, uint flags);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_pcert_import_rawpk_raw")]
    private static partial int ImportPublicKey(PublicKey* destination, GnuTlsDatum* spki, int format, uint usage, uint flags);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_certificate_free_keys")]
    private static partial void FreeKeys(void* credentials);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_certificate_set_flags")]
    private static partial void SetFlags(void* credentials, uint flags);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_certificate_set_key")]
    private static partial int SetKey(void* credentials, byte** names, int nameCount, PublicKey* list, int count, void* key);

    /// <summary>Represents the native gnutls_pcert_st structure, whose contents the credentials take over.</summary>
    private struct PublicKey
    {
        public void* Key;
        public GnuTlsDatum Certificate;
        public int Type;
    }
}
