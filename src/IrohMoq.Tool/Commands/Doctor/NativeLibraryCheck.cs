using IrohMoq.Reactive;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks that the native libraries are installed and not too old.</summary>
internal static class NativeLibraryCheck
{
    private const string Name = "native libraries";

    public static Finding Run()
    {
        try
        {
            return Finding.Ok(Name, $"ngtcp2 {NativeVersions.Ngtcp2} (1.0 or later is needed), GnuTLS {NativeVersions.GnuTls}");
        }
        catch (NativeLibraryException missing)
        {
            return Finding.Problem(Name, missing.Message);
        }
    }
}
