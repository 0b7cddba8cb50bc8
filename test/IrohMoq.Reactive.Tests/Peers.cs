namespace IrohMoq.Reactive.Tests;

/// <summary>Ids for tests of the rules, ordered as their numbers.</summary>
internal static class Peers
{
    public static EndpointId Id(byte number) => new(Enumerable.Repeat(number, EndpointId.Size).ToArray());

    public static EndpointAddr Addr(byte number) => new(Id(number));
}
