using System.Runtime.InteropServices;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks the clock of the machine. Only latencies between two machines and certificates depend on it.</summary>
internal static partial class ClockCheck
{
    private const string Name = "clock";

    // The size of the timex structure is 208 bytes on 64-bit Linux.
    private const int TimexSize = 256;
    private const int Unsynchronized = 5;

    private static readonly DateTimeOffset WrittenAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Finding Run(DateTimeOffset now)
    {
        var text = $"{now:yyyy-MM-dd HH:mm:ss} UTC";
        if (now < WrittenAt)
            return Finding.Warning(Name, $"{text} is in the past", "set the clock; latencies and certificates depend on it");
        var state = OperatingSystem.IsLinux() ? ReadState() : -1;
        return state switch
        {
            < 0 => Finding.Ok(Name, $"{text}; whether it is synchronized cannot be read here"),
            Unsynchronized => Finding.Warning(
                Name, $"{text}, not synchronized",
                "latencies between machines are wrong by the difference of the clocks: timedatectl set-ntp true"),
            _ => Finding.Ok(Name, $"{text}, synchronized"),
        };
    }

    private static int ReadState()
    {
        // With all fields zero, the call only reads.
        Span<byte> timex = stackalloc byte[TimexSize];
        timex.Clear();
        return AdjustTime(timex);
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AdjustTime(Span<byte> timex);
}
