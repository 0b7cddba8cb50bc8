namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when a native library is missing or too old. The message names the file, the version that is needed, and
/// the command that installs it.
/// </summary>
public sealed class NativeLibraryException : DllNotFoundException
{
    internal NativeLibraryException(string fileName, string problem, Exception? innerException = null)
        : base(
            $"{fileName} {problem}. Needed are ngtcp2 1.0 or later (libngtcp2.so.16) with its GnuTLS helper "
            + "(libngtcp2_crypto_gnutls.so.8) and GnuTLS (libgnutls.so.30). On Debian 12: enable bookworm-backports, then "
            + "'apt-get install -t bookworm-backports libngtcp2-16 libngtcp2-crypto-gnutls8'; on Debian 13 and later: "
            + "'apt-get install libngtcp2-16 libngtcp2-crypto-gnutls8'. The script eng/install-natives.sh does either.",
            innerException) =>
        FileName = fileName;

    /// <summary>Gets the name of the file that is missing or too old.</summary>
    public string FileName { get; }
}
