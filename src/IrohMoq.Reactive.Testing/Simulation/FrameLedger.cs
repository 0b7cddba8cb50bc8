using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>Every frame that was sent, by broadcast and group; what is received is looked up in it.</summary>
internal sealed class FrameLedger(Journal journal)
{
    private readonly List<SentBroadcast> _broadcasts = [];

    /// <summary>A broadcast begins. Its number is in all its frames.</summary>
    public SentBroadcast Begin(string publisher, BroadcastPath name, bool isLossless = false)
    {
        var broadcast = new SentBroadcast(_broadcasts.Count, publisher, name, []) { IsLossless = isLossless };
        _broadcasts.Add(broadcast);
        return broadcast;
    }

    /// <summary>The bytes of the next frame of a group, which count as sent.</summary>
    public byte[] Send(SentBroadcast broadcast, ulong group, int filler)
    {
        if (!broadcast.Groups.TryGetValue(group, out var frames))
            broadcast.Groups[group] = frames = [];
        var frame = new SentFrame($"b{broadcast.Number} {group}.{frames.Count} ", filler);
        frames.Add(frame);
        journal.Write(broadcast.Publisher, "frame sent", $"{broadcast.Name} b{broadcast.Number} {group}.{frames.Count - 1}, {frame.Length} bytes");
        return frame.ToBytes();
    }

    /// <summary>What a reader that begins now has read of one track.</summary>
    public FrameReading Read(string reader, string publisher, BroadcastPath name) => new(this, journal, reader, publisher, name);

    public SentBroadcast? Find(int number) => number >= 0 && number < _broadcasts.Count ? _broadcasts[number] : null;

    /// <summary>What was sent under one name between a beginning and its end.</summary>
    internal sealed record SentBroadcast(int Number, string Publisher, BroadcastPath Name, Dictionary<ulong, List<SentFrame>> Groups)
    {
        /// <summary>The groups that were finished; the others are open or were given up.</summary>
        public SortedSet<ulong> Finished { get; } = [];

        /// <summary>True if its writer waits for readers.</summary>
        public bool IsLossless { get; init; }

        /// <summary>True if somebody read it who held up a lossless writer on purpose.</summary>
        public bool HasSickReaders { get; set; }
    }

    /// <summary>A frame: its head, which no other one has, and how many times an x follows. Large ones are not kept as bytes.</summary>
    internal readonly record struct SentFrame(string Head, int Filler)
    {
        public int Length => Head.Length + Filler;

        public byte[] ToBytes()
        {
            var bytes = new byte[Length];
            Encoding.ASCII.GetBytes(Head, bytes);
            bytes.AsSpan(Head.Length).Fill((byte)'x');
            return bytes;
        }

        public bool Is(ReadOnlySpan<byte> payload) =>
            payload.Length == Length && Ascii.Equals(payload[..Head.Length], Head) && !payload[Head.Length..].ContainsAnyExcept((byte)'x');
    }
}
