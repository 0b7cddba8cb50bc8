using System.Globalization;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks that the kernel gives sockets the buffers that the endpoint requests.</summary>
internal static class BufferCheck
{
    private const string Name = "socket buffers";
    private const long Requested = 8 << 20;

    private static readonly string[] Names = ["rmem_max", "wmem_max"];

    // The bit of CAP_NET_ADMIN. A process with this capability gets buffers beyond the limits.
    private const int NetAdmin = 12;

    public static Finding Run()
    {
        var limits = Names
            .Select(static name => (Name: name, Value: ProcFile.ReadNumber($"/proc/sys/net/core/{name}")))
            .ToArray();
        if (limits.Any(static limit => limit.Value is null))
            return Finding.Ok(Name, "the limits of the kernel cannot be read here");
        var text = string.Join(", ", limits.Select(static limit => $"net.core.{limit.Name} {limit.Value:N0}"));
        var tooSmall = limits.Where(static limit => limit.Value < Requested).Select(static limit => limit.Name).ToArray();
        if (tooSmall.Length == 0 || IsNetAdmin())
            return Finding.Ok(Name, text);
        return Finding.Warning(
            Name, $"{text}, but the endpoint requests {Requested:N0} bytes",
            "bursts can be lost, which makes fast transfers slower; run as root: "
            + string.Join("; ", tooSmall.Select(static name => $"sysctl -w net.core.{name}={Requested}")));
    }

    private static bool IsNetAdmin() =>
        ProcFile.ReadField("/proc/self/status", "CapEff:") is { } effective
        && ulong.TryParse(effective, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
        && (bits & (1UL << NetAdmin)) != 0;
}
