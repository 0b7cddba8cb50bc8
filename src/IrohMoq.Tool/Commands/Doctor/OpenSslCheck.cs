using System.Runtime.InteropServices;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks that OpenSSL is installed, which .NET needs for random numbers and hashes on Linux.</summary>
internal static class OpenSslCheck
{
    private const string Name = "OpenSSL";
    private static readonly string[] Files = ["libssl.so.3", "libssl.so.1.1"];

    public static Finding Run()
    {
        if (!OperatingSystem.IsLinux())
            return Finding.Ok(Name, "not needed on this system");
        foreach (var file in Files)
        {
            if (!NativeLibrary.TryLoad(file, out var library))
                continue;
            NativeLibrary.Free(library);
            return Finding.Ok(Name, $"{file} is installed");
        }

        return Finding.Problem(Name, $"{Files[0]} is not installed, and .NET needs it", "on Debian 12 and later: apt-get install libssl3");
    }
}
