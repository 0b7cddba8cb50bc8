using System.Globalization;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>One reader of one track: each group once, each group's frames from the first on, all of one broadcast, and nothing that was not sent.</summary>
internal sealed class FrameReading(FrameLedger ledger, Journal journal, string reader, string publisher, BroadcastPath name)
{
    private readonly SortedSet<ulong> _groups = [];
    private FrameLedger.SentBroadcast? _broadcast;
    private ulong _group;
    private int _next;

    /// <summary>The broadcast that is read, once a frame has come.</summary>
    public FrameLedger.SentBroadcast? Broadcast => _broadcast;

    /// <summary>The number of the broadcast that is read, once a frame has come.</summary>
    public int? Number => _broadcast?.Number;

    public void BeginGroup(ulong sequence)
    {
        if (!_groups.Add(sequence))
            Violated($"each group of {name} once", $"group {sequence} again");
        _group = sequence;
        _next = 0;
    }

    public void Receive(ReadOnlySpan<byte> payload)
    {
        var head = Encoding.ASCII.GetString(payload[..Math.Min(payload.Length, 40)]);
        journal.Write(reader, "frame received", $"{name} of {publisher}, {head.TrimEnd('x')}, {payload.Length} bytes");
        _broadcast ??= Named(head);
        if (_broadcast is null || _broadcast.Publisher != publisher || _broadcast.Name != name)
            Violated($"a frame of {name} of {publisher}", head);
        else if (_broadcast.Groups.GetValueOrDefault(_group) is not { } sent || _next >= sent.Count)
            Violated($"no more than what was sent of group {_group} of b{_broadcast.Number}", head);
        else if (!sent[_next].Is(payload))
            Violated($"frame {_next} of group {_group} of b{_broadcast.Number}, as it was sent", head);
        _next++;
    }

    private FrameLedger.SentBroadcast? Named(string text) =>
        text.StartsWith('b') && int.TryParse(text.AsSpan(1, Math.Max(text.IndexOf(' ', StringComparison.Ordinal) - 1, 0)), CultureInfo.InvariantCulture, out var number) ? ledger.Find(number) : null;

    private void Violated(string expected, string seen) => journal.Violated(Invariant.FramesInOrder, $"{reader} gets {expected}", seen);
}
