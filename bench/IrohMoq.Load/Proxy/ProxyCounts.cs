using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>Counts what the proxy has done with the datagrams of one direction.</summary>
internal sealed class ProxyCounts
{
    public long Forwarded { get; set; }

    public long Bytes { get; set; }

    public int Largest { get; set; }

    /// <summary>Gets or sets the number of datagrams that were lost at random or in an outage.</summary>
    public long Lost { get; set; }

    /// <summary>Gets or sets the number of datagrams for which the queue, or the socket, had no room.</summary>
    public long Overflowed { get; set; }

    public long TooLarge { get; set; }

    public long Duplicated { get; set; }

    public long HeldBack { get; set; }

    /// <summary>Gets or sets the number of datagrams that arrived at a port that the proxy no longer uses.</summary>
    public long Misdirected { get; set; }

    public string ToJson(string direction) => JsonSerializer.Serialize(new
    {
        direction,
        forwarded = Forwarded,
        bytes = Bytes,
        largest = Largest,
        lost = Lost,
        overflowed = Overflowed,
        too_large = TooLarge,
        duplicated = Duplicated,
        held_back = HeldBack,
        misdirected = Misdirected,
    });
}
