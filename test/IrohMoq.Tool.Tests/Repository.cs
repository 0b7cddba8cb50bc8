using System.Diagnostics;

namespace IrohMoq.Tool.Tests;

/// <summary>Finds the scripts of the repository and the programs that were built beside the tests.</summary>
internal static class Repository
{
    /// <summary>Gets the folder of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Gets the file of the benchmark program, in the configuration of the tests.</summary>
    public static string Load
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(Root, "bench", "IrohMoq.Load", "bin", output.Parent!.Name, output.Name, "IrohMoq.Load.dll");
        }
    }

    /// <summary>Starts a script of the folder eng, whose output the caller reads.</summary>
    public static Process Start(string script, params IEnumerable<string> arguments) =>
        Process.Start(
            new ProcessStartInfo(Path.Combine(Root, "eng", script), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IrohMoq.Reactive.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside the repository.");
        return folder;
    }
}
