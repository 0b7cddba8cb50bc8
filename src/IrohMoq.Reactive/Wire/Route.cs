namespace IrohMoq.Reactive.Wire;

// 06:      Hop Count (i), Hop ID (i)…, Warm Cost (i), Cold Cost (i)
// moq-lite draft 06, "ANNOUNCE_START". The same fields are in ANNOUNCE_START and ANNOUNCE_UPDATE.

/// <summary>Specifies the relays and the costs of an announcement, by which a subscriber chooses between several sources.</summary>
/// <param name="Hops">
/// The relays that the announcement passed, without the sender. No id occurs twice, except 0, which denotes an unknown relay.
/// </param>
/// <param name="WarmCost">The cost of a subscription while the source produces already.</param>
/// <param name="ColdCost">The cost of a subscription for which the source must begin to produce.</param>
internal readonly record struct Route(HopPath Hops = default, ulong WarmCost = 0, ulong ColdCost = 0)
{
    /// <summary>The largest cost. It denotes a source that is to be used only if there is no other.</summary>
    public const ulong MaxCost = Varint.MaxValue;

    /// <summary>Gets the maximum number of bytes that <see cref="Write"/> writes.</summary>
    public int MaxSize => Hops.MaxSize + (2 * Varint.MaxLength);

    public static Route Read(ref WireReader reader)
    {
        var hops = HopPath.Read(ref reader);
        return hops.HasRepeatedHop
            ? throw reader.Violation("hop id", "occurs twice in one list")
            : new Route(hops, reader.Varint("warm cost"), reader.Varint("cold cost"));
    }

    public void Write(ref WireWriter writer)
    {
        if (Hops.HasRepeatedHop)
            throw WireWriter.Refused(nameof(Hops), "The same hop occurs twice, which peers refuse.");
        Hops.Write(ref writer);
        writer.Varint(WarmCost);
        writer.Varint(ColdCost);
    }
}
