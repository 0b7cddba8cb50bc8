namespace IrohMoq.Reactive.Connections;

/// <summary>Represents a front among those of its name. The caller of any member must hold the lock of <see cref="NamedFronts"/>.</summary>
/// <param name="front">The front.</param>
/// <param name="content">The content of the front.</param>
internal sealed class NamedFront(BroadcastFront front, ContentId content)
{
    public BroadcastFront Front => front;

    public ContentId Content => content;

    /// <summary>Gets or sets the object that takes the name from the front, or null if the front does not have it.</summary>
    public IDisposable? Registration { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a peer has withdrawn a broadcast of the same origin since the front began. What is announced
    /// afterwards may be another broadcast, which the publisher has published anew, so that it is not added to this front.
    /// </summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>
    /// Gets or sets the front that has to end before this one gets the name: the one of the same origin that was announced before, while
    /// this one is on probation; or the one that had the name when the content of this one came back; otherwise null.
    /// </summary>
    public NamedFront? Before { get; set; }

    /// <summary>Gets or sets how the source ended that was removed last.</summary>
    public BroadcastEnd? End { get; set; }

    /// <summary>Gets a value indicating whether the front ends as soon as it has no source.</summary>
    public bool IsOver => Before is not null || End!.Cause != BroadcastEndCause.SessionEnded;

    /// <summary>Gets or sets a value indicating whether the front has no source and waits for one.</summary>
    public bool IsLingering { get; set; }

    /// <summary>Gets the timer of the probation or of the time for which the front lingers.</summary>
    public FrontTimer Timer { get; } = new();

    public void StopTimer()
    {
        IsLingering = false;
        Timer.Stop();
    }
}
