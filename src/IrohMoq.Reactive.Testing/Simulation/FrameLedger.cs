using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>Every frame that was sent, by broadcast and group; what is received is looked up in it.</summary>
internal sealed class FrameLedger(Journal journal)
{
    private readonly List<SentBroadcast> _broadcasts = [];

    /// <summary>A broadcast begins. Its number is in all its frames.</summary>
    public SentBroadcast Begin(string publisher, BroadcastPath name)
    {
        var broadcast = new SentBroadcast(_broadcasts.Count, publisher, name, []);
        _broadcasts.Add(broadcast);
        return broadcast;
    }

    /// <summary>The bytes of the next frame of a group, which count as sent.</summary>
    public byte[] Send(SentBroadcast broadcast, ulong group, int filler)
    {
        if (!broadcast.Groups.TryGetValue(group, out var frames))
            broadcast.Groups[group] = frames = [];
        var text = $"b{broadcast.Number} {group}.{frames.Count} {new string('x', filler)}";
        frames.Add(text);
        journal.Write(broadcast.Publisher, "frame sent", $"{broadcast.Name} b{broadcast.Number} {group}.{frames.Count - 1}, {text.Length} bytes");
        return Encoding.ASCII.GetBytes(text);
    }

    /// <summary>What a reader that begins now has read of one track.</summary>
    public FrameReading Read(string reader, string publisher, BroadcastPath name) => new(this, journal, reader, publisher, name);

    public SentBroadcast? Find(int number) => number >= 0 && number < _broadcasts.Count ? _broadcasts[number] : null;

    /// <summary>What was sent under one name between a beginning and its end.</summary>
    internal sealed record SentBroadcast(int Number, string Publisher, BroadcastPath Name, Dictionary<ulong, List<string>> Groups);
}
