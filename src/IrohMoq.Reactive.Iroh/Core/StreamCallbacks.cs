using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the callbacks that ngtcp2 calls for streams: their data, their acknowledgments, their ends, and the limits of the peer.
/// </summary>
internal static unsafe class StreamCallbacks
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int RecvStreamData(
        void* native, uint flags, long id, ulong offset, byte* data, nuint length, void* userData, void* streamData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            return core.Streams.OnData(id, (flags & Ngtcp2.StreamDataFin) != 0, new ReadOnlySpan<byte>(data, (int)length))
                ? 0
                : Ngtcp2.CallbackFailure;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int AckedStreamDataOffset(void* native, long id, ulong offset, ulong length, void* userData, void* streamData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Reader.OnAcknowledged(id, offset, length);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int StreamOpen(void* native, long id, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Streams.OnOpened(id);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int StreamClose(void* native, uint flags, long id, ulong code, void* userData, void* streamData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Streams.OnClosed(id, (flags & Ngtcp2.StreamCloseCodeSet) != 0 ? code : 0);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int StreamReset(void* native, long id, ulong finalSize, ulong code, void* userData, void* streamData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Streams.OnReset(id, code);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int ExtendMaxStreamData(void* native, long id, ulong limit, void* userData, void* streamData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Streams.OnCredit(id);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int ExtendMaxLocalStreamsUni(void* native, ulong streams, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Events.OnStreamLimit(isUni: true, streams);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int ExtendMaxLocalStreamsBidi(void* native, ulong streams, void* userData)
    {
        var core = CallbackOwner.Of(userData);
        try
        {
            core.Events.OnStreamLimit(isUni: false, streams);
            return 0;
        }
        catch (Exception fault)
        {
            return CallbackOwner.Keep(core, fault);
        }
    }
}
