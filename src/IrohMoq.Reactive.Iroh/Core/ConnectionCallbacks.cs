using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the callbacks that ngtcp2 calls for a connection as a whole: its handshake, its connection ids, its paths and its datagrams.
/// </summary>
internal static unsafe class ConnectionCallbacks
{
    // These random numbers need not be secret: ngtcp2 uses them to randomize timers and to grease bits. Secret random numbers are generated
    // elsewhere, where errors are checked.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Rand(byte* destination, nuint length, void* context) => _ = GnuTls.Random(GnuTls.RandomNonce, destination, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int RecvStatelessReset(void* native, void* reset, void* userData)
    {
        CallbackOwner.Of(userData).Termination.OnStatelessReset();
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int GetNewConnectionId(void* native, NgCid* cid, byte* token, nuint length, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            return core.Ids.TryIssue(cid, (int)length, token) ? 0 : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int RemoveConnectionId(void* native, NgCid* cid, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Ids.OnRetired(ConnectionId.From(cid));
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int PeerIdStatus(void* native, int status, ulong sequence, NgCid* cid, byte* token, void* userData)
    {
        if (token is null)
            return 0;
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Ids.OnPeerToken(new ReadOnlySpan<byte>(token, ResetToken.Size), isActive: status == Ngtcp2.ConnectionIdActivated);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int HandshakeCompleted(void* native, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            return core.Handshake.OnCompleted() ? 0 : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int HandshakeConfirmed(void* native, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Handshake.OnConfirmed();
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int RecvDatagram(void* native, uint flags, byte* data, nuint length, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Events.OnDatagram(new ReadOnlySpan<byte>(data, (int)length));
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int PathValidation(void* native, uint flags, NgPath* path, NgPath* oldPath, int result, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            if (result == Ngtcp2.PathValidationSucceeded)
                core.OnPathValidated();
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }
}
