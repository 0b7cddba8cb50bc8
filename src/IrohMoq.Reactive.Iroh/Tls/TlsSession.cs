using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tls;

/// <summary>
/// Represents the TLS session of one connection. The key of the peer is verified in the verify callback of GnuTLS, before any other data of
/// the peer is trusted.
/// </summary>
internal sealed unsafe class TlsSession : IDisposable
{
    private readonly NgConnRef* _reference;

    public TlsSession(RawKeyCredentials credentials, IReadOnlyList<string> protocols, bool isServer, void* connection)
    {
        _reference = (NgConnRef*)NativeMemory.AllocZeroed((nuint)sizeof(NgConnRef));
        _reference->GetConn = &GetConn;
        _reference->UserData = connection;
        try
        {
            void* session;
            var role = isServer ? GnuTls.Server | GnuTls.NoAutoSendTicket : GnuTls.Client;
            GnuTls.Check(GnuTls.Init(&session, role | GnuTls.EnableRawPublicKeys | GnuTls.NoEndOfEarlyData), "open a session");
            Handle = session;
            GnuTls.Check(GnuTls.PrioritySet(session, credentials.Priority), "set priorities");
            var configured = isServer ? CryptoGnuTls.ConfigureServerSession(session) : CryptoGnuTls.ConfigureClientSession(session);
            GnuTls.Check(configured, "be used for QUIC");
            GnuTls.Check(GnuTls.SetCredentials(session, GnuTls.CredentialsCertificate, credentials.Credentials), "set credentials");
            GnuTls.SetVerifyFunction(session, &Verify);
            if (isServer)
                GnuTls.SetClientCertificateRequest(session, GnuTls.CertificateRequire);
            SetProtocols(protocols);
            GnuTls.SetPointer(session, _reference);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void* Handle { get; private set; }

    /// <summary>Gets the negotiated application protocol, or an empty string if there is none.</summary>
    public string Protocol
    {
        get
        {
            GnuTlsDatum protocol;
            return GnuTls.GetAlpn(Handle, &protocol) == 0 ? Encoding.ASCII.GetString(protocol.Data, (int)protocol.Size) : "";
        }
    }

    public void Dispose()
    {
        if (Handle is not null)
            GnuTls.Deinit(Handle);
        Handle = null;
        NativeMemory.Free(_reference);
    }

    private static ITlsOwner OwnerOf(NgConnRef* reference) => (ITlsOwner)GCHandle.FromIntPtr((nint)reference->UserData).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetConn(NgConnRef* reference) => OwnerOf(reference).Native;

    /// <summary>
    /// Verifies that the peer presents exactly one raw Ed25519 key and, when dialing, that it is the expected key. Otherwise, the handshake
    /// fails.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Verify(void* session)
    {
        var owner = OwnerOf((NgConnRef*)GnuTls.GetPointer(session));
        try
        {
            uint count;
            var certificates = GnuTls.GetPeerCertificates(session, &count);
            var prefix = RawKeyCredentials.SpkiPrefix;
            if (GnuTls.GetCertificateType(session, GnuTls.CertificateTypePeers) != GnuTls.CertificateTypeRawPublicKey
                || count != 1 || certificates->Size != prefix.Length + EndpointId.Size)
                return GnuTls.CertificateError;
            var spki = new ReadOnlySpan<byte>(certificates->Data, (int)certificates->Size);
            return spki.StartsWith(prefix) && owner.OnPeerKey(spki[prefix.Length..]) ? 0 : GnuTls.CertificateError;
        }
        catch (Exception fault)
        {
            // An exception that escaped this method would terminate the process.
            owner.OnFault(fault);
            return GnuTls.CertificateError;
        }
    }

    private void SetProtocols(IReadOnlyList<string> protocols)
    {
        var names = protocols.Select(Encoding.ASCII.GetBytes).ToArray();
        var datums = stackalloc GnuTlsDatum[names.Length];
        var pinned = new GCHandle[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            pinned[i] = GCHandle.Alloc(names[i], GCHandleType.Pinned);
            datums[i] = new GnuTlsDatum { Data = (byte*)pinned[i].AddrOfPinnedObject(), Size = (uint)names[i].Length };
        }

        try
        {
            GnuTls.Check(
                GnuTls.SetAlpn(Handle, datums, (uint)names.Length, GnuTls.AlpnMandatory | GnuTls.AlpnServerPrecedence),
                "set the application protocols");
        }
        finally
        {
            foreach (var handle in pinned)
                handle.Free();
        }
    }
}
