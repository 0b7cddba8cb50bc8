using System.Globalization;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Verifies the frames that one reader of one track receives: each group arrives once, the frames of a group arrive in order from the first
/// frame on, all frames belong to one broadcast, and every frame was sent.
/// </summary>
internal sealed class FrameVerifier(SentFrames sent, SimulationLog log, string reader, string publisher, BroadcastPath name)
{
    private const int MaxHead = 40;

    private readonly SortedSet<ulong> _groups = [];
    private ulong _group;
    private int _next;

    /// <summary>Gets the broadcast that the reader reads, or null until the first frame has arrived.</summary>
    public SentFrames.SentBroadcast? Broadcast { get; private set; }

    public void BeginGroup(ulong sequence)
    {
        if (!_groups.Add(sequence))
            ReportViolation($"each group of {name} once", $"group {sequence} again");
        _group = sequence;
        _next = 0;
    }

    public void Receive(ReadOnlySpan<byte> payload)
    {
        var head = Encoding.ASCII.GetString(payload[..Math.Min(payload.Length, MaxHead)]);
        log.Write(reader, "frame received", $"{name} of {publisher}, {head.TrimEnd('x')}, {payload.Length} bytes");
        Broadcast ??= Find(head);
        if (Broadcast is null || Broadcast.Publisher != publisher || Broadcast.Name != name)
            ReportViolation($"a frame of {name} of {publisher}", head);
        else if (Broadcast.Groups.GetValueOrDefault(_group) is not { } frames || _next >= frames.Count)
            ReportViolation($"no more than was sent of group {_group} of b{Broadcast.Number}", head);
        else if (!frames[_next].Equals(payload))
            ReportViolation($"frame {_next} of group {_group} of b{Broadcast.Number} as it was sent", head);
        _next++;
    }

    private SentFrames.SentBroadcast? Find(string head)
    {
        var end = head.IndexOf(' ', StringComparison.Ordinal);
        return head.StartsWith('b') && int.TryParse(head.AsSpan(1, Math.Max(end - 1, 0)), CultureInfo.InvariantCulture, out var number)
            ? sent.Find(number)
            : null;
    }

    private void ReportViolation(string expected, string seen) =>
        log.ReportViolation(ManagerInvariants.FramesInOrder, $"{reader} gets {expected}", seen);
}
