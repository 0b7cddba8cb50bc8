using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Describes what a peer announces, for whoever waits for a name that is not announced.</summary>
internal static class AnnouncedNames
{
    private const int MaxNames = 5;
    private const int MaxNameLength = 60;
    private static readonly TimeSpan MaxListTime = TimeSpan.FromSeconds(2);

    /// <summary>Returns the first names that are announced, or null if the session has ended.</summary>
    public static async ValueTask<string?> DescribeAsync(MoqSession session, CancellationToken cancellationToken)
    {
        BroadcastPath[] paths;
        try
        {
            var list = new AnnouncedList(session, default, isFollowed: false, ThreadPoolRuntime.Instance, cancellationToken);
            await using var listEnds = list.ConfigureAwait(false);
            var announced = await list.ReadCurrentAsync(MaxListTime).ConfigureAwait(false);
            paths = [.. announced.Select(static one => one.Path).Where(static path => !HiddenName.IsHidden(path, default))];
        }
        catch (MoqException)
        {
            // The session has ended, which the wait for the broadcast reports.
            return null;
        }

        if (paths.Length == 0)
            return "the peer announces no broadcasts";
        var names = string.Join(", ", paths.Take(MaxNames).Select(static path => $"'{BroadcastName.Of(path, MaxNameLength)}'"));
        return $"the peer announces {names}{(paths.Length > MaxNames ? $" and {paths.Length - MaxNames} more, which 'moq ls' lists" : "")}";
    }
}
