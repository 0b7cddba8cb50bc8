namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05, 06:  Length (i), Count (i), { Id (i), Length (i), Value }…   at most 64 parameters, in any order, each id at most once
//          1 Probe (i) = 0 none | 1 report | 2 increase, and higher is 2
//          2 Path (UTF-8)   of clients; 06: empty, or begins with "/" or "?"
//          3 Role (i) = 0 both | 1 publisher | 2 subscriber, and higher is 0   of clients
//          4 Cost (i)       06; unknown to 05
//          5 Hop (i) = 0 none | id
//          0x4d6f7152 ("MoqR") Extensions (i) = flags   of this library; unknown to others
// moq-lite draft, "SETUP". Unknown parameters are ignored.

/// <summary>
/// Represents the message with which each side states its options, on a stream of its own at the beginning of the session. The message is
/// sent even if it has no parameters. Every violation closes the session.
/// </summary>
/// <param name="Probe">What the sender does as a publisher on a Probe stream.</param>
/// <param name="Path">
/// The path and query of the requested URI, or null if the parameter is absent. Only a client sends it, and only if the transport has no
/// URI of its own; the receiver checks that.
/// </param>
/// <param name="Role">
/// What the client does in the session, or null if the parameter is absent. Only a client sends it; the receiver checks that.
/// </param>
/// <param name="Cost">
/// The cost of a subscription to the sender, or null if the parameter is absent, which means 1. It exists from moq-lite-06 on.
/// </param>
/// <param name="Hop">The id of the sender, or 0 if it has none.</param>
/// <param name="Extensions">What the sender understands that is not in the specification.</param>
internal readonly record struct Setup(
    ProbeLevel Probe = ProbeLevel.None,
    string? Path = null,
    SessionRole? Role = null,
    ulong? Cost = null,
    ulong Hop = 0,
    PeerExtensions Extensions = PeerExtensions.None)
    : IOpeningMessage<Setup>
{
    private const ulong ProbeId = 1;
    private const ulong PathId = 2;
    private const ulong RoleId = 3;
    private const ulong CostId = 4;
    private const ulong HopId = 5;
    private const ulong ExtensionsId = 0x4d6f7152;

    // The length of a number takes one byte, the length of a path at most two.
    private const int MaxNumberSize = 2 + Varint.MaxLength;

    public static string Name => "SETUP";

    public static ulong StreamType => (ulong)UniStreamType.Setup;

    public int MaxBodySize => 1 + (4 * MaxNumberSize) + (2 * Varint.MaxLength) + 1 + WireWriter.MaxSize(Path ?? "", WireLimits.MaxUriBytes);

    public static bool ClosesSession(MoqVersion version) => true;

    public static Setup ReadBody(ref WireReader reader, MoqVersion version)
    {
        if (version is not (MoqVersion.Lite05 or MoqVersion.Lite06))
            throw version.NotSpoken();
        var count = reader.Varint("count");
        if (count > WireLimits.MaxParameters)
            throw reader.Failure(MoqErrorCode.TooManyParameters, "count", $"is {count}, more than {WireLimits.MaxParameters}");
        var setup = default(Setup);
        Span<ulong> ids = stackalloc ulong[(int)count];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = reader.Varint("parameter id");
            if (ids[..i].Contains(ids[i]))
                throw reader.Violation("parameter id", $"is {ids[i]} a second time");
            var value = reader.Part("parameter");
            setup = setup.With(ids[i], ref value, version);
        }

        return setup;
    }

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        if (version is not (MoqVersion.Lite05 or MoqVersion.Lite06))
            throw version.NotSpoken();
        if (version >= MoqVersion.Lite06 && Path is not null && !IsPath(Path))
            throw WireWriter.Refused(nameof(Path), "A path must be empty or begin with a slash or a question mark.");
        var cost = version >= MoqVersion.Lite06 ? Cost : null;
        ulong? hop = Hop > 0 ? Hop : null;
        ulong? extensions = Extensions != PeerExtensions.None ? (ulong)Extensions : null;
        ulong? probe = Probe > ProbeLevel.None ? (ulong)Probe : null;
        writer.Varint((ulong)(Size(probe) + Size(Path) + Size(Role) + Size(cost) + Size(hop) + Size(extensions)));
        Number(ref writer, ProbeId, probe);
        if (Path is not null)
        {
            writer.Varint(PathId);
            writer.String(Path, nameof(Path), WireLimits.MaxUriBytes);
        }

        Number(ref writer, RoleId, (ulong?)Role);
        Number(ref writer, CostId, cost);
        Number(ref writer, HopId, hop);
        Number(ref writer, ExtensionsId, extensions);

        static int Size<T>(T parameter) => parameter is null ? 0 : 1;
    }

    private static void Number(ref WireWriter writer, ulong id, ulong? value)
    {
        if (value is not { } number)
            return;
        writer.Varint(id);
        writer.Varint((ulong)Varint.Length(number));
        writer.Varint(number);
    }

    private static bool IsPath(string text) => text.Length == 0 || text[0] is '/' or '?';

    private Setup With(ulong id, ref WireReader value, MoqVersion version)
    {
        switch (id)
        {
            case ProbeId:
                return this with { Probe = (ProbeLevel)Math.Min(Number(ref value, "probe"), (ulong)ProbeLevel.Increase) };
            case PathId:
                var path = value.RestAsString("path", WireLimits.MaxUriBytes);
                return version < MoqVersion.Lite06 || IsPath(path)
                    ? this with { Path = path }
                    : throw value.Violation("path", "begins neither with a slash nor with a question mark");
            case RoleId:
                var role = Number(ref value, "role");
                return this with { Role = role <= (ulong)SessionRole.Subscriber ? (SessionRole)role : SessionRole.Both };
            case CostId when version >= MoqVersion.Lite06:
                return this with { Cost = Number(ref value, "cost") };
            case HopId:
                return this with { Hop = Number(ref value, "hop") };
            case ExtensionsId:
                return this with { Extensions = (PeerExtensions)Number(ref value, "extensions") };
            default:
                return this;
        }
    }

    /// <summary>Reads a number that must fill its value exactly.</summary>
    private static ulong Number(ref WireReader value, string field)
    {
        var number = value.Varint(field);
        value.End(field);
        return number;
    }
}
