using System.Globalization;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Puts into words what an application sees of a session, for both sides of a comparison.</summary>
internal static class Observations
{
    /// <summary>Describes a frame. The versions without timestamps show the clock of the receiver, which is left out.</summary>
    public static string Frame(ulong group, ulong? time, string payload) =>
        string.Create(CultureInfo.InvariantCulture, $"group {group} frame {(time is null ? "-" : time)} {payload}");

    /// <summary>Describes a frame of a group that was fetched.</summary>
    public static string Fetched(ulong time, string payload) =>
        string.Create(CultureInfo.InvariantCulture, $"fetched frame {time} {payload}");

    /// <summary>Describes the properties of a track, with its age and the unit of its timestamps in milliseconds.</summary>
    public static string Properties(int priority, double age, double unit) =>
        string.Create(CultureInfo.InvariantCulture, $"properties priority {priority} age {age} unit {unit}");

    /// <summary>Describes a group that arrived as a datagram.</summary>
    public static string Datagram(ulong group, ulong time, string payload) =>
        string.Create(CultureInfo.InvariantCulture, $"datagram {group} {time} {payload}");

    /// <summary>
    /// Describes a change of the announcements. Moq-lite-03 names no hops; a cost exists from moq-lite-06 on; a broadcast that has ended
    /// has no route.
    /// </summary>
    public static string Announcement(string kind, string path, IEnumerable<ulong> hops, ulong cost, MoqVersion version)
    {
        if (kind == "retracted")
            return $"retracted {path}";
        var way = version.HasHops ? $" hops {string.Join(',', hops)}" : "";
        return version.HasRoutes ? $"{kind} {path}{way} cost {cost}" : $"{kind} {path}{way}";
    }

    /// <summary>Describes a failure by its code.</summary>
    public static string CodeOf(MoqException failure) => failure is MoqSessionClosedException ? "session closed" : CodeOf(failure.Code);

    public static string CodeOf(MoqErrorCode code) => code switch
    {
        { ApplicationCode: { } number } => $"application {number}",
        _ when code == MoqErrorCode.NotFound => "not found",
        _ when code == MoqErrorCode.Cancel => "cancel",
        _ when code == MoqErrorCode.Internal => "internal error",
        _ when code == MoqErrorCode.Dropped => "dropped",
        _ => code.ToString(),
    };
}
