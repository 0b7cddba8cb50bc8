using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>Loads the native libraries, or throws an exception whose message says which library is missing and how to install it.</summary>
internal static class NativeLibraries
{
    private const string TooOld = "libngtcp2.so.9";
    private const int OldestVersion = 0x010000;

    private static readonly Lazy<bool> Checked = new(() =>
    {
        Require(GnuTls.Library, null);
        Require(Ngtcp2.Library, TooOld);
        Require(CryptoGnuTls.Library, null);
        CheckVersion();
        return true;
    });

    /// <summary>Loads all native libraries and checks their versions, once per process.</summary>
    /// <exception cref="NativeLibraryException">A native library is missing or too old.</exception>
    public static void EnsureLoaded() => _ = Checked.Value;

    /// <summary>Loads one native library.</summary>
    /// <param name="file">The file name of the library.</param>
    /// <param name="older">
    /// The file name of a version that is too old, to report an outdated library instead of a missing one; null if there is none.
    /// </param>
    internal static void Require(string file, string? older)
    {
        if (NativeLibrary.TryLoad(file, out _))
            return;
        if (older is not null && NativeLibrary.TryLoad(older, out var old))
        {
            NativeLibrary.Free(old);
            throw new NativeLibraryException(file, $"is not installed, only {older}, which is ngtcp2 0.12 and too old");
        }

        throw new NativeLibraryException(file, "is not installed or not found by the loader");
    }

    private static unsafe void CheckVersion()
    {
        var info = Ngtcp2.Version(0);
        if (info->VersionNumber < OldestVersion)
            throw new NativeLibraryException(
                Ngtcp2.Library, $"is version {Marshal.PtrToStringUTF8((nint)info->VersionText)}, which is too old");
    }
}
