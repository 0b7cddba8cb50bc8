using System.Globalization;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Verifies the frames that one reader of one track receives: each group arrives once, the frames of a group arrive in order from the first
/// frame on, all frames belong to one broadcast, and every frame was sent.
/// </summary>
internal sealed class FrameVerifier(SentFrames sent, SimulationLog log, string reader, string? publisher, BroadcastPath name)
{
    private const int MaxHead = 40;

    private readonly SortedSet<ulong> _groups = [];
    private ulong _group;

    private string Title => publisher is null ? name.ToString() : $"{name} of {publisher}";

    /// <summary>Gets the broadcast that the reader reads, or null until the first frame has arrived.</summary>
    public SentFrames.SentBroadcast? Broadcast { get; private set; }

    /// <summary>Gets the index of the frame of the current group that is received next.</summary>
    public int Next { get; private set; }

    /// <summary>Begins a group, of which the frames from the specified one on are received.</summary>
    public void BeginGroup(ulong sequence, int firstFrame = 0)
    {
        if (!_groups.Add(sequence))
            ReportViolation(ManagerInvariants.NothingTwice, $"each group of {name} once", $"group {sequence} again");
        _group = sequence;
        Next = firstFrame;
    }

    public void Receive(ReadOnlySpan<byte> payload)
    {
        var head = Encoding.ASCII.GetString(payload[..Math.Min(payload.Length, MaxHead)]);
        log.Write(reader, "frame received", $"{Title}, {head.TrimEnd('x')}, {payload.Length} bytes");
        var broadcast = Find(head);
        Broadcast ??= broadcast;
        if (Broadcast is null || (publisher is not null && Broadcast.Publisher != publisher) || Broadcast.Name != name)
            ReportViolation($"a frame of {Title}", head);
        else if (broadcast != Broadcast)
            ReportViolation(ManagerInvariants.OneContent, $"only frames of b{Broadcast.Number}, which it has begun to read", head);
        else if (Broadcast.Groups.GetValueOrDefault(_group) is not { } frames || Next >= frames.Count)
            ReportViolation($"no more than was sent of group {_group} of b{Broadcast.Number}", head);
        else if (!frames[Next].Equals(payload))
            ReportViolation($"frame {Next} of group {_group} of b{Broadcast.Number} as it was sent", head);
        Next++;
    }

    private SentFrames.SentBroadcast? Find(string head)
    {
        var end = head.IndexOf(' ', StringComparison.Ordinal);
        return head.StartsWith('b') && int.TryParse(head.AsSpan(1, Math.Max(end - 1, 0)), CultureInfo.InvariantCulture, out var number)
            ? sent.Find(number)
            : null;
    }

    private void ReportViolation(string expected, string seen) => ReportViolation(ManagerInvariants.FramesInOrder, expected, seen);

    private void ReportViolation(string invariant, string expected, string seen) =>
        log.ReportViolation(invariant, $"{reader} gets {expected}", seen);
}
