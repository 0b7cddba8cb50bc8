using System.Globalization;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Reads files of the kernel, which may be absent in containers and on other systems.</summary>
internal static class ProcFile
{
    /// <summary>Returns the number that a file consists of, or null if the file cannot be read.</summary>
    public static long? ReadNumber(string path) =>
        Read(path) is [var line, ..] && long.TryParse(line, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Returns the text after a name at the beginning of a line, or null if the file has no such line or cannot be read.</summary>
    public static string? ReadField(string path, string name) =>
        Read(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();

    private static string[] Read(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
