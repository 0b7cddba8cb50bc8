namespace IrohMoq.Reactive.Sessions;

/// <summary>Represents one group that is fetched.</summary>
/// <param name="Track">The name of the track.</param>
/// <param name="Sequence">The number of the group.</param>
/// <param name="Options">The options of the request.</param>
/// <param name="Name">The name of the group, for exception messages.</param>
internal sealed record WantedGroup(string Track, ulong Sequence, FetchOptions Options, string Name)
{
    /// <summary>Gets the index of the last wanted frame among those that are wanted, or null if the group is wanted to its end.</summary>
    public int? LastIndex => Options.LastFrame - Options.FirstFrame;
}
