using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>Every frame that was sent, by broadcast and group. Frames that are received are compared with it.</summary>
internal sealed class SentFrames(SimulationLog log)
{
    private readonly List<SentBroadcast> _broadcasts = [];

    /// <summary>Begins a broadcast. All of its frames have its number in them.</summary>
    public SentBroadcast Begin(string publisher, BroadcastPath name, bool isLossless = false)
    {
        var broadcast = new SentBroadcast(_broadcasts.Count, publisher, name, []) { IsLossless = isLossless };
        _broadcasts.Add(broadcast);
        return broadcast;
    }

    /// <summary>Returns the bytes of the next frame of a group, which counts as sent.</summary>
    public byte[] Send(SentBroadcast broadcast, ulong group, int filler)
    {
        if (!broadcast.Groups.TryGetValue(group, out var frames))
            broadcast.Groups[group] = frames = [];
        var frame = new SentFrame($"b{broadcast.Number} {group}.{frames.Count} ", filler);
        frames.Add(frame);
        var text = $"{broadcast.Name} b{broadcast.Number} {group}.{frames.Count - 1}, {frame.Length} bytes";
        log.Write(broadcast.Publisher, "frame sent", text);
        return frame.ToBytes();
    }

    /// <summary>Returns what verifies the frames of a reader of one track.</summary>
    public FrameVerifier Verify(string reader, string publisher, BroadcastPath name) => new(this, log, reader, publisher, name);

    public SentBroadcast? Find(int number) => number >= 0 && number < _broadcasts.Count ? _broadcasts[number] : null;

    /// <summary>What was sent by one broadcast.</summary>
    internal sealed record SentBroadcast(int Number, string Publisher, BroadcastPath Name, Dictionary<ulong, List<SentFrame>> Groups)
    {
        /// <summary>Gets the groups that were finished; the others are open or were aborted.</summary>
        public SortedSet<ulong> Finished { get; } = [];

        /// <summary>Gets whether the writer waits for readers.</summary>
        public bool IsLossless { get; init; }

        /// <summary>Gets or sets whether a reader has held up a lossless writer on purpose.</summary>
        public bool HasSlowReaders { get; set; }
    }

    /// <summary>
    /// Represents a frame: a unique prefix, followed by a number of "x" characters. Large frames are not stored as bytes.
    /// </summary>
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

        public bool Equals(ReadOnlySpan<byte> payload) =>
            payload.Length == Length && Ascii.Equals(payload[..Head.Length], Head) && !payload[Head.Length..].ContainsAnyExcept((byte)'x');
    }
}
