using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>Provides the versions of the native libraries, for diagnostics.</summary>
internal static unsafe partial class NativeVersions
{
    /// <summary>Gets the version of ngtcp2, for example 1.11.0.</summary>
    /// <exception cref="NativeLibraryException">A native library is missing or too old.</exception>
    public static string Ngtcp2
    {
        get
        {
            NativeLibraries.EnsureLoaded();
            return Text(Native.Ngtcp2.Version(0)->VersionText);
        }
    }

    /// <summary>Gets the version of GnuTLS, for example 3.8.9.</summary>
    /// <exception cref="NativeLibraryException">A native library is missing or too old.</exception>
    public static string GnuTls
    {
        get
        {
            NativeLibraries.EnsureLoaded();
            return Text(CheckVersion(null));
        }
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "of unknown version";

    [LibraryImport(Native.GnuTls.Library, EntryPoint = "gnutls_check_version")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* CheckVersion(byte* least);
}
