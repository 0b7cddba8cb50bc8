using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Finds the connection of a callback, and stores the exception that the callback has caught. An exception that escaped a callback would
/// terminate the process.
/// </summary>
internal static unsafe class CallbackOwner
{
    /// <summary>Returns the connection with the user data that ngtcp2 passes to a callback.</summary>
    public static QuicCore Of(void* userData) => (QuicCore)NativeConnection.OwnerOf(userData);

    /// <summary>Stores an exception in the connection, which then ends.</summary>
    /// <returns>The result that the callback must return.</returns>
    public static int Keep(QuicCore core, Exception fault)
    {
        core.OnFault(fault);
        return Ngtcp2.CallbackFailure;
    }
}
