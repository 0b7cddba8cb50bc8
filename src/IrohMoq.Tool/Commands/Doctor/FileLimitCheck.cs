using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks the limit of open files, which counts the sockets, pipes and files of the process.</summary>
internal static class FileLimitCheck
{
    private const string Name = "open files";
    private const long Enough = 256;

    public static Finding Run()
    {
        var limit = ProcFile.ReadField("/proc/self/limits", "Max open files")?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return limit switch
        {
            null => Finding.Ok(Name, "the limit cannot be read here"),
            _ when long.TryParse(limit, out var number) && number < Enough =>
                Finding.Warning(Name, $"at most {number:N0}", $"raise the limit before the start: ulimit -n {4 * Enough}"),
            _ => Finding.Ok(Name, $"at most {limit}"),
        };
    }
}
