using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>Stores all frames that were sent, by broadcast and group, to compare received frames with them.</summary>
internal sealed class SentFrames(SimulationLog log)
{
    private readonly List<SentBroadcast> _broadcasts = [];

    /// <summary>Adds a broadcast and assigns it a number, which all its frames contain.</summary>
    public SentBroadcast Begin(string publisher, BroadcastPath name, bool isLossless = false)
    {
        var broadcast = new SentBroadcast(_broadcasts.Count, publisher, name, []) { IsLossless = isLossless };
        _broadcasts.Add(broadcast);
        return broadcast;
    }

    /// <summary>Creates the next frame of a group, records it as sent, and returns its bytes.</summary>
    public byte[] Send(SentBroadcast broadcast, ulong group, int filler)
    {
        var frame = Begin(broadcast, group, filler);
        frame.Written = frame.Length;
        return frame.ToBytes();
    }

    /// <summary>Creates the next frame of a group, of which nothing is written yet, and records it.</summary>
    public SentFrame Begin(SentBroadcast broadcast, ulong group, int filler)
    {
        if (!broadcast.Groups.TryGetValue(group, out var frames))
            broadcast.Groups[group] = frames = [];
        var frame = new SentFrame($"b{broadcast.Number} {group}.{frames.Count} ", filler);
        frames.Add(frame);
        var text = $"{broadcast.Name} b{broadcast.Number} {group}.{frames.Count - 1}, {frame.Length} bytes";
        log.Write(broadcast.Publisher, "frame sent", text);
        return frame;
    }

    /// <summary>Creates a verifier for the frames that one reader of one track receives.</summary>
    /// <param name="reader">The name of the peer that reads.</param>
    /// <param name="publisher">The name of the peer that publishes the broadcast; null if several do, under the same name.</param>
    /// <param name="name">The name of the broadcast.</param>
    public FrameVerifier Verify(string reader, string? publisher, BroadcastPath name) => new(this, log, reader, publisher, name);

    /// <summary>Returns all broadcasts that were published under a name.</summary>
    public IEnumerable<SentBroadcast> Of(BroadcastPath name) => _broadcasts.Where(broadcast => broadcast.Name == name);

    public SentBroadcast? Find(int number) => number >= 0 && number < _broadcasts.Count ? _broadcasts[number] : null;

    /// <summary>Represents the frames that were sent by one broadcast.</summary>
    internal sealed record SentBroadcast(int Number, string Publisher, BroadcastPath Name, Dictionary<ulong, List<SentFrame>> Groups)
    {
        /// <summary>Gets the sequence numbers of the groups that were finished. The other groups are open or were aborted.</summary>
        public SortedSet<ulong> Finished { get; } = [];

        /// <summary>Gets the sequence numbers of the groups that were written as datagrams.</summary>
        public SortedSet<ulong> Datagrams { get; } = [];

        /// <summary>Gets a value that indicates whether the track is lossless, so that its writer waits for readers.</summary>
        public bool IsLossless { get; init; }

        /// <summary>
        /// Gets or sets a value that indicates whether the track has or had a reader that deliberately blocks a lossless writer.
        /// </summary>
        public bool HasSlowReaders { get; set; }
    }

    /// <summary>
    /// Represents a frame: a unique prefix, followed by letters that depend on their position. Large frames are not stored as bytes.
    /// </summary>
    internal sealed class SentFrame(string head, int filler)
    {
        // The number of letters has no divisor in common with the sizes of memory blocks.
        private const int Letters = 25;

        private static readonly byte[] Filler = [.. Enumerable.Range(0, 512 << 10).Select(static at => (byte)('a' + (at % Letters)))];

        public int Length => head.Length + filler;

        /// <summary>Gets or sets the number of bytes that were written so far.</summary>
        public int Written { get; set; }

        public byte[] ToBytes()
        {
            var bytes = new byte[Length];
            Encoding.ASCII.GetBytes(head, bytes);
            Filler.AsSpan(head.Length, filler).CopyTo(bytes.AsSpan(head.Length));
            return bytes;
        }

        /// <summary>Determines whether the frame has bytes at a position, and they were written.</summary>
        public bool Has(int offset, ReadOnlySpan<byte> bytes)
        {
            if (offset + bytes.Length > Written)
                return false;
            var own = offset < head.Length ? head.AsSpan(offset, Math.Min(head.Length - offset, bytes.Length)) : default;
            return Ascii.Equals(bytes[..own.Length], own)
                && bytes[own.Length..].SequenceEqual(Filler.AsSpan(offset + own.Length, bytes.Length - own.Length));
        }
    }
}
