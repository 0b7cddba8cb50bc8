using System.Net.Quic;

namespace IrohMoq.Reactive.Quic;

/// <summary>Determines whether System.Net.Quic can run on this machine.</summary>
internal static class QuicSupport
{
    public const string Problem =
        "System.Net.Quic is not supported here: install libmsquic 2.2.2 or later. On Debian, Ubuntu, Fedora and RHEL: the package "
        + "'libmsquic' of Microsoft's package repository; on Alpine: 'apk add libmsquic'; on macOS: 'brew install libmsquic'. .NET "
        + "includes it on Windows 11 and Windows Server 2022 and later. IPv6 must not be disabled in the kernel.";

    /// <summary>Gets a value that indicates whether System.Net.Quic can dial and accept connections.</summary>
    public static bool IsSupported => QuicListener.IsSupported && QuicConnection.IsSupported;

    /// <exception cref="PlatformNotSupportedException">System.Net.Quic cannot run on this machine.</exception>
    public static void ThrowIfUnsupported()
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException(Problem);
    }
}
