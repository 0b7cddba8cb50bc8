namespace IrohMoq.Reactive.Pipeline;

/// <summary>What a late subscriber starts with.</summary>
/// <param name="Most">How many items at most, the last ones.</param>
/// <param name="IsWanted">Which items count; null for all.</param>
internal readonly record struct Replay<T>(int Most, Func<T, bool>? IsWanted = null)
{
    public static Replay<T> All => new(int.MaxValue);

    public static Replay<T> None => new(0);

    public IEnumerable<T> Of(IReadOnlyCollection<T> items) => Most == 0 ? [] : (IsWanted is null ? items : items.Where(IsWanted)).TakeLast(Math.Min(Most, items.Count));
}
