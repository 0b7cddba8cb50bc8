using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Converts a <see cref="NetworkPath"/> to and from the structure of ngtcp2, which keeps the carrier as the opaque user data of the path.
/// </summary>
internal static unsafe class NativePath
{
    /// <summary>Writes a path to a native structure, which must be on the stack or in native memory.</summary>
    public static void Write(in NetworkPath path, NgPathStorage* destination)
    {
        NgPathStorage.Initialize(destination);
        destination->Path.Local.Length = (uint)path.Local.Write(new Span<byte>(destination->LocalBuffer, NetworkAddress.MaxNativeSize));
        destination->Path.Remote.Length = (uint)path.Remote.Write(new Span<byte>(destination->RemoteBuffer, NetworkAddress.MaxNativeSize));
        destination->Path.UserData = (void*)path.Carrier;
    }

    /// <summary>Reads a native path whose addresses lie anywhere in native memory.</summary>
    public static NetworkPath Read(NgPath* path) =>
        new(Read(path->Local), Read(path->Remote), (int)path->UserData);

    /// <summary>Reads a native path.</summary>
    public static NetworkPath Read(in NgPathStorage path)
    {
        fixed (byte* local = path.LocalBuffer, remote = path.RemoteBuffer)
        {
            return new NetworkPath(
                NetworkAddress.Read(new ReadOnlySpan<byte>(local, NetworkAddress.MaxNativeSize)),
                NetworkAddress.Read(new ReadOnlySpan<byte>(remote, NetworkAddress.MaxNativeSize)), (int)path.Path.UserData);
        }
    }

    private static NetworkAddress Read(in NgAddr address) =>
        NetworkAddress.Read(new ReadOnlySpan<byte>(address.Address, (int)address.Length));
}
