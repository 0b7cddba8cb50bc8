using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks a key file. Does not create the file.</summary>
internal static class KeyFileCheck
{
    private const string Name = "key file";

    public static Finding Run(string path)
    {
        if (!Path.Exists(path))
            return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
                ? Finding.Ok(Name, $"'{path}' is missing; publish and subscribe create it")
                : Finding.Problem(Name, $"the folder of '{path}' is missing", $"create it: mkdir -p '{Path.GetDirectoryName(path)}'");
        try
        {
            return Finding.Ok(Name, $"'{path}' has the key of {SecretKey.LoadOrCreate(path).Id}");
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Finding.Problem(Name, failure.Message);
        }
    }
}
