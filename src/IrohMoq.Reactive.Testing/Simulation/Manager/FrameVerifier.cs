using System.Globalization;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Verifies the frames that one reader of one track receives: each group arrives once, the frames of a group arrive in order from the first
/// requested frame on, all frames belong to one broadcast, and every frame was sent. A frame may arrive in pieces.
/// </summary>
internal sealed class FrameVerifier(SentFrames sent, SimulationLog log, string reader, string? publisher, BroadcastPath name)
{
    private const int MaxHead = 40;

    private readonly SortedSet<ulong> _groups = [];
    private readonly List<byte> _head = [];
    private ulong _group;
    // The number of bytes of the current frame that were received.
    private int _offset;

    private string Title => publisher is null ? name.ToString() : $"{name} of {publisher}";

    /// <summary>Gets the broadcast that the reader reads, or null until the beginning of a frame has arrived.</summary>
    public SentFrames.SentBroadcast? Broadcast { get; private set; }

    /// <summary>Gets the index of the frame of the current group that is received next.</summary>
    public int Next { get; private set; }

    /// <summary>Begins a group, of which the frames from the specified one on are received.</summary>
    public void BeginGroup(ulong sequence, int firstFrame = 0)
    {
        _group = sequence;
        (Next, _offset) = (firstFrame, 0);
        if (!_groups.Add(sequence))
            ReportViolation(InvariantOf(ManagerInvariants.NothingTwice), $"each group of {name} once", $"group {sequence} again");
    }

    /// <summary>Receives a whole frame.</summary>
    public void Receive(ReadOnlySpan<byte> payload) => Receive(payload, offset: 0, payload.Length);

    /// <summary>Receives a piece of a frame.</summary>
    public void Receive(in FrameChunk piece) => Receive(piece.Payload, piece.Offset, piece.FrameLength);

    private void Receive(ReadOnlySpan<byte> bytes, int offset, int length)
    {
        var invariant = InvariantOf(bytes.Length < length ? RelayInvariants.PiecesAreTrue : ManagerInvariants.FramesInOrder);
        if (offset == 0)
            _head.Clear();
        _head.AddRange(bytes[..Math.Min(bytes.Length, MaxHead - _head.Count)]);
        var head = Encoding.ASCII.GetString([.. _head]);
        var title = head[..Math.Max(head.LastIndexOf(' '), 0)];
        log.Write(reader, "frame received", $"{Title}, {title}, {(offset > 0 ? $"{offset} + " : "")}{bytes.Length} bytes");
        var isKnown = _head.Count == Math.Min(MaxHead, length);
        var broadcast = isKnown ? Find(head) : Broadcast;
        Broadcast ??= broadcast;
        if (offset != _offset)
            ReportViolation(invariant, $"byte {_offset} of frame {Next} of group {_group} next", $"byte {offset}");
        else if (isKnown && (Broadcast is null || (publisher is not null && Broadcast.Publisher != publisher) || Broadcast.Name != name))
            ReportViolation(invariant, $"a frame of {Title}", title);
        else if (broadcast != Broadcast)
            ReportViolation(ManagerInvariants.OneContent, $"only frames of b{Broadcast!.Number}, which it has begun to read", title);
        else if (Broadcast is not null)
            Verify(bytes, offset, length, invariant, title);
        _offset = offset + bytes.Length;
        if (_offset < length)
            return;
        Next++;
        _offset = 0;
    }

    private void Verify(ReadOnlySpan<byte> bytes, int offset, int length, string invariant, string title)
    {
        if (Broadcast!.Groups.GetValueOrDefault(_group) is not { } frames || Next >= frames.Count)
        {
            ReportViolation(invariant, $"no more than was sent of group {_group} of b{Broadcast.Number}", title);
        }
        else if (frames[Next] is var frame && (frame.Length != length || !frame.Has(offset, bytes)))
        {
            var size = $"{frame.Length} bytes, {frame.Written} written";
            var expected = $"frame {Next} of group {_group} of b{Broadcast.Number} as it was sent: {size}";
            ReportViolation(invariant, expected, $"{bytes.Length} bytes from {offset} of {length}: {title}");
        }
    }

    private string InvariantOf(string other) =>
        Broadcast?.Datagrams.Contains(_group) == true ? RelayInvariants.DatagramsAreTrue : other;

    private SentFrames.SentBroadcast? Find(string head)
    {
        var end = head.IndexOf(' ', StringComparison.Ordinal);
        return head.StartsWith('b') && int.TryParse(head.AsSpan(1, Math.Max(end - 1, 0)), CultureInfo.InvariantCulture, out var number)
            ? sent.Find(number)
            : null;
    }

    private void ReportViolation(string invariant, string expected, string seen) =>
        log.ReportViolation(invariant, $"{reader} gets {expected}", seen);
}
