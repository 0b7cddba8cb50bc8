using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <summary>Keeps for a time which contents of a name have ended. The caller synchronizes.</summary>
/// <param name="runtime">The clock.</param>
/// <param name="time">The time for which a content is kept.</param>
internal sealed class EndedContents(Runtime runtime, TimeSpan time)
{
    /// <summary>The maximum number of contents, because a peer may announce ever new ones. The oldest one is forgotten first.</summary>
    private const int Most = 64;

    private readonly Queue<(ContentId Content, long At)> _ended = [];

    /// <summary>Adds a content that has ended.</summary>
    public void Add(ContentId content)
    {
        while (_ended.Count >= Most)
            _ended.Dequeue();
        _ended.Enqueue((content, runtime.GetTimestamp()));
    }

    /// <summary>Determines whether a content has ended a moment ago.</summary>
    public bool Contains(ContentId content)
    {
        while (_ended.TryPeek(out var oldest) && runtime.GetElapsedTime(oldest.At) >= time)
            _ended.Dequeue();
        return _ended.Any(one => one.Content == content);
    }
}
